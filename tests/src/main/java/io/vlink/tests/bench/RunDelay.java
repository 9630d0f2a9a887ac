// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;

/**
 * How long threads waited for a processor although they could run: other work on the measured cores shows here. Source:
 * {@code /proc/PID/task/TID/schedstat} (Linux, Documentation/scheduler/sched-stats.rst). One thread.
 */
final class RunDelay {
    /** Threads that run less than this share of the time do not poll. */
    private static final double POLLING = 0.4;

    private final long[] processes;
    private Map<Path, long[]> before = Map.of();
    private long beginNanos;

    RunDelay(long... processes) {
        this.processes = processes;
    }

    void begin() {
        before = read();
        beginNanos = System.nanoTime();
    }

    /**
     * The worst of the polling threads.
     *
     * @param pausedNanos so long have all of them stood still since {@link #begin}
     * @return share of the time since {@code begin}, without that, in which it waited
     */
    double worst(long pausedNanos) {
        return polling(pausedNanos).values().stream().mapToDouble(Double::doubleValue).max().orElse(0);
    }

    /** {@return id of the thread that has run most since {@link #begin}; of the first process if none has} */
    long busiest() {
        Map<Path, long[]> now = read();
        return now.entrySet().stream()
                .max(Comparator.comparingLong(
                        entry -> entry.getValue()[0] - before.getOrDefault(entry.getKey(), new long[2])[0]))
                .map(entry -> Long.parseLong(entry.getKey().getFileName().toString())).orElse(processes[0]);
    }

    /** {@return the threads that have polled since {@link #begin}, and the share of the time that each lost} */
    Map<Path, Double> polling() {
        return polling(0);
    }

    private Map<Path, Double> polling(long pausedNanos) {
        double elapsed = System.nanoTime() - beginNanos - pausedNanos;
        Map<Path, Double> polling = new HashMap<>();
        for (Map.Entry<Path, long[]> entry : read().entrySet()) {
            long[] then = before.getOrDefault(entry.getKey(), new long[2]);
            double ran = (entry.getValue()[0] - then[0]) / elapsed;
            double waited = (entry.getValue()[1] - then[1]) / elapsed;
            if (ran + waited > POLLING) {
                polling.put(entry.getKey(), waited);
            }
        }
        return polling;
    }

    private Map<Path, long[]> read() {
        Map<Path, long[]> values = new HashMap<>();
        for (long process : processes) {
            try (DirectoryStream<Path> tasks = Files
                    .newDirectoryStream(Path.of("/proc", Long.toString(process), "task"))) {
                for (Path task : tasks) {
                    read(task, values);
                }
            } catch (IOException e) {
                // The process has just ended: then there is nothing to be said about it.
            }
        }
        return values;
    }

    private static void read(Path task, Map<Path, long[]> values) {
        try {
            String[] words = Files.readString(task.resolve("schedstat")).trim().split(" ", -1);
            values.put(task, new long[]{Long.parseLong(words[0]), Long.parseLong(words[1])});
        } catch (IOException e) {
            // This thread has just ended; the others have not.
        }
    }
}
