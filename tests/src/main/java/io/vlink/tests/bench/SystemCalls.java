// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import io.vlink.tests.lab.ManagedProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts the system calls of the threads that poll, with strace(1): a traced thread stops at each system call, and a thread that
 * makes none is not slowed down at all. One thread.
 */
final class SystemCalls implements Watch {
    /** How it is counted, in words. */
    static final String METHOD = "strace of the polling threads for a second, after the warm-up, in runs of their own";
    /** Names of the counts among the details of what was seen. */
    static final String HOST = "hostSystemCalls";
    /** The same of the guest. */
    static final String GUEST = "guestSystemCalls";
    /** Name of the calls that were made, in words. */
    static final String NAMES = "systemCallNames";

    private static final Duration LIMIT = Duration.ofSeconds(10);
    /** Until it is clear which threads poll, and then with strace. */
    private static final double SEARCH_SHARE = 0.15;
    private static final double TRACE_SHARE = 0.65;

    private final Lab lab;

    SystemCalls(Lab lab) {
        this.lab = lab;
    }

    @Override
    public Seen look(ManagedProcess host, ManagedProcess guest, double seconds) {
        RunDelay delay = new RunDelay(host.pid(), guest.pid());
        delay.begin();
        Pause.seconds(seconds * SEARCH_SHARE);
        List<String> ofHost = threads(host, delay);
        List<String> ofGuest = threads(guest, delay);
        ProcessMemory hostMemory = ProcessMemory.of(host.pid());
        ProcessMemory guestMemory = ProcessMemory.of(guest.pid());
        List<String> all = new ArrayList<>(ofHost);
        all.addAll(ofGuest);
        List<String> names = new ArrayList<>();
        Map<String, Long> calls = count(all, seconds * TRACE_SHARE, names);
        Map<String, Object> details = new HashMap<>();
        details.put(HOST, sum(ofHost, calls));
        details.put(GUEST, sum(ofGuest, calls));
        details.put(NAMES, String.join(",", names.stream().distinct().sorted().toList()));
        return new Seen(delay.worst(0), hostMemory, guestMemory, details);
    }

    /** {@return ids of the threads of a process that poll} */
    private static List<String> threads(ManagedProcess process, RunDelay delay) {
        Path folder = Path.of("/proc", Long.toString(process.pid()));
        List<String> threads = delay.polling().keySet().stream().filter(task -> task.startsWith(folder))
                .map(task -> task.getFileName().toString()).toList();
        if (threads.isEmpty()) {
            throw new LabException("no thread polled, so that its system calls could not be counted: process="
                    + process.pid() + ": is the machine busy?", process.tail(5));
        }
        return threads;
    }

    private static long sum(List<String> threads, Map<String, Long> calls) {
        return threads.stream().mapToLong(thread -> calls.getOrDefault(thread, 0L)).sum();
    }

    /**
     * Traces threads for some time.
     *
     * @param threads ids
     * @param seconds how long
     * @param names   receives the name of each call
     * @return system calls by thread id; none where there are none
     * @throws LabException if strace does not run, or may not trace
     */
    private Map<String, Long> count(List<String> threads, double seconds, List<String> names) {
        Path log = lab.directory().resolve("strace.log");
        List<String> command = new ArrayList<>(
                List.of("strace", "-qq", "-e", "signal=none", "-o", log.toString()));
        threads.forEach(thread -> command.addAll(List.of("-p", thread)));
        try (ManagedProcess strace = lab.start("strace", command)) {
            Pause.seconds(seconds);
            if (!strace.isAlive()) {
                throw new LabException(
                        "strace did not trace, so that system calls could not be counted: is it installed, and allowed to?",
                        strace.tail(5));
            }
            strace.signal("INT");
            strace.awaitExit(LIMIT);
        }
        return read(log, threads, names);
    }

    /** With several threads each line begins with the thread's id; with one, none does. */
    private static Map<String, Long> read(Path log, List<String> threads, List<String> names) {
        Map<String, Long> calls = new HashMap<>();
        try {
            for (String line : Files.readAllLines(log)) {
                String[] parts = line.split(" +", 2);
                boolean numbered = parts.length == 2 && parts[0].chars().allMatch(Character::isDigit);
                String call = numbered ? parts[1] : line;
                if (call.startsWith("<...")) {
                    continue; // the second half of a call that was counted at its beginning
                }
                calls.merge(numbered ? parts[0] : threads.getFirst(), 1L, Long::sum);
                names.add(call.replaceAll("\\(.*", ""));
            }
            Files.delete(log);
            return calls;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
