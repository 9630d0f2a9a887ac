// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Becoming another program: same process id, same standard streams, nothing else inherited but what is listed. */
public final class ProgramReplacement {
    private static final int FIRST_INHERITABLE = 3;
    private static final int CLOSE_RANGE_CLOEXEC = 4;
    private static final int SIG_SETMASK = 2;
    /** More than {@code sigset_t} of any C library. */
    private static final long SIGNAL_SET_BYTES = 256;
    private static final String DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

    private ProgramReplacement() {
    }

    /**
     * Replaces this process; returns only by throwing, and then the process is as before except that every descriptor from 3
     * on is close-on-exec. The new program gets descriptors 0 to 2 and the kept ones under their numbers, an empty signal mask
     * (the JVM blocks some signals in its threads), and default signal actions. No shutdown hook runs, and the JVM removes
     * nothing: start it with {@code -XX:-UsePerfData}, or its file in hsperfdata stays. Call it from the thread that still
     * does something; all others end. Sources: {@code execve(2)}, {@code close_range(2)}, {@code pthread_sigmask(3)}.
     *
     * @param file path of the program; without a slash it is looked for in the PATH of {@code env}
     * @param argv arguments, the program's name first
     * @param env the complete environment
     * @param keep descriptors that stay open in the new program
     * @throws IllegalArgumentException if argv is empty, or a string contains a zero
     * @throws OsException if the program is not found (ENOENT), not executable (EACCES), or too much is passed (E2BIG)
     */
    public static void exec(String file, List<String> argv, Map<String, String> env, List<Fd> keep) {
        if (argv.isEmpty()) {
            throw new IllegalArgumentException("argv must have the program's name at least: file=" + file);
        }
        String program = find(file, env);
        List<String> variables = env.entrySet().stream().map(entry -> entry.getKey() + "=" + entry.getValue()).toList();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = string(program, arena);
            MemorySegment arguments = strings(argv, arena);
            MemorySegment environment = strings(variables, arena);
            MemorySegment oldMask = arena.allocate(SIGNAL_SET_BYTES, Long.BYTES);
            OsException.checked("close_range", ProcessCalls.closeRange(FIRST_INHERITABLE, -1, CLOSE_RANGE_CLOEXEC), "");
            keep.forEach(fd -> fd.setCloseOnExec(false));
            mask(arena.allocate(SIGNAL_SET_BYTES, Long.BYTES), oldMask);
            int result = ProcessCalls.execve(path, arguments, environment);
            mask(oldMask, MemorySegment.NULL);
            keep.forEach(fd -> fd.setCloseOnExec(true));
            throw new OsException("execve", -result, "file=" + program + " arguments=" + (argv.size() - 1),
                    hint(-result));
        }
    }

    private static String find(String file, Map<String, String> env) {
        if (file.indexOf('/') >= 0) {
            return file;
        }
        String searched = env.getOrDefault("PATH", DEFAULT_PATH);
        for (String folder : searched.split(":", -1)) {
            Path candidate = Path.of(folder.isEmpty() ? "." : folder, file);
            if (!file.isEmpty() && Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
                return candidate.toString();
            }
        }
        throw new OsException("execve", Errno.ENOENT, "file=" + file, "not found in PATH=" + searched);
    }

    private static MemorySegment strings(List<String> values, Arena arena) {
        MemorySegment pointers = arena.allocate(ADDRESS, values.size() + 1L);
        for (int i = 0; i < values.size(); i++) {
            pointers.setAtIndex(ADDRESS, i, string(values.get(i), arena));
        }
        return pointers;
    }

    private static MemorySegment string(String value, Arena arena) {
        if (value.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a program's argument or variable must not contain a zero: value="
                    + value.replace('\0', '?'));
        }
        return arena.allocateFrom(value);
    }

    private static void mask(MemorySegment set, MemorySegment old) {
        int error = ProcessCalls.pthreadSigmask(SIG_SETMASK, set, old);
        OsException.checked("pthread_sigmask", -error, "");
    }

    private static String hint(int errno) {
        return switch (errno) {
            case Errno.ENOENT -> "there is no such program, or its interpreter is missing";
            case Errno.EACCES -> "it is not executable for this user";
            case Errno.ENOEXEC -> "it is not a program for this machine";
            case Errno.E2BIG -> "arguments and environment are too long";
            default -> "";
        };
    }
}
