// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.shortage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The descriptors of a running process, and how many more it may open: prlimit(1) changes the limit of others, too. */
record OpenFiles(long pid) {
    private static final int PLENTY = 4_096;
    /** Fields of proc_pid_stat(5) behind the name: processor time of a process, in ticks. */
    private static final int USER_TICKS = 11;
    private static final int SYSTEM_TICKS = 12;

    /** {@return whether this machine has prlimit(1)} */
    static boolean canBeLimited() {
        boolean there = Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "prlimit")));
        if (!there) {
            System.out.println("skipped: no prlimit on PATH: install util-linux");
        }
        return there;
    }

    private Set<Integer> numbers() {
        try (Stream<Path> fds = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            return fds.map(fd -> Integer.valueOf(fd.getFileName().toString())).collect(Collectors.toSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return how many sockets, memory files and eventfds are open, by kind; what a JVM opens for itself comes and goes} */
    Map<String, Integer> held() {
        Map<String, Integer> kinds = new TreeMap<>();
        for (int number : numbers()) {
            String target = target(number);
            for (String kind : List.of("socket:", "/memfd:", "eventfd")) {
                if (target.contains(kind)) {
                    kinds.merge(kind, 1, Integer::sum);
                }
            }
        }
        return kinds;
    }

    private String target(int number) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/" + pid + "/fd/" + number)).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }

    /** Lets the process open that many more than it has open now, and no others. */
    void allowMore(int more) {
        Set<Integer> open = numbers();
        int limit = 0;
        for (int free = 0; free < more || open.contains(limit); limit++) {
            free += open.contains(limit) ? 0 : 1;
        }
        limit(limit);
    }

    /** Lets the process open as many as it ever needs. */
    void allowPlenty() {
        limit(PLENTY);
    }

    private void limit(int number) {
        try {
            Process tool = new ProcessBuilder("prlimit", "--pid", Long.toString(pid), "--nofile=" + number + ":")
                    .inheritIO().start();
            assertThat(tool.waitFor()).isZero();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** {@return processor time so far, in ticks of 10 ms} */
    long ticks() {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Long.parseLong(fields[USER_TICKS]) + Long.parseLong(fields[SYSTEM_TICKS]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
