// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.idle;

import io.vlink.traffic.worker.WorkerTask;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;

/**
 * A worker's task that does nothing but notice when another thread has put a time stamp into a field, and how late. One thread
 * sends, the worker receives.
 */
final class WakeProbe implements WorkerTask {
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final long[] delays;
    private long seen;
    private long cpuNanosAtStart = -1;
    private volatile long stamp;
    private volatile int received;
    private volatile long cpuNanos;

    WakeProbe(int samples) {
        delays = new long[samples];
    }

    /** Sends one; everything before it must have been received. */
    void send() {
        stamp = System.nanoTime();
    }

    int received() {
        return received;
    }

    @Override
    public int turn() {
        long sent = stamp;
        if (sent == seen) {
            return 0;
        }
        long now = System.nanoTime();
        if (cpuNanosAtStart < 0) {
            cpuNanosAtStart = threads.getCurrentThreadCpuTime();
        }
        delays[received] = now - sent;
        seen = sent;
        cpuNanos = threads.getCurrentThreadCpuTime() - cpuNanosAtStart;
        int count = received + 1; // nobody else writes it
        received = count;
        return count == delays.length ? DONE : 1;
    }

    /** {@return processor time of the worker from the first to the last one received} */
    long cpuNanos() {
        return cpuNanos;
    }

    /** {@return nanoseconds that a share of the samples stays within; once all are received} */
    long percentile(double percent) {
        long[] sorted = delays.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.min(sorted.length - 1L, Math.round(sorted.length * percent / 100))];
    }
}
