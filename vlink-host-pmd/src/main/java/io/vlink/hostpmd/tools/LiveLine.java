// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/**
 * A line on the terminal that a thread of its own rewrites once a second while a run lasts, so that a slow terminal never
 * slows the packets. Where the output is no terminal there is none.
 */
final class LiveLine implements AutoCloseable {
    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final String CLEAR = "\r\u001b[K";

    private final TrafficCounts counts;
    private final PrintStream terminal;
    private final Thread thread;
    private volatile boolean closed;

    private LiveLine(TrafficCounts counts, PrintStream terminal) {
        this.counts = counts;
        this.terminal = terminal;
        this.thread = Thread.ofPlatform().daemon().name("live-line").start(this::show);
    }

    /**
     * Starts to show counts, if somebody watches.
     *
     * @param counts   what to show
     * @param terminal where
     * @return to be closed at the end of the run; null if this is no terminal
     */
    @SuppressWarnings("SystemConsoleNull") // on JDK 25 it is null unless both streams are a terminal
    static LiveLine start(TrafficCounts counts, PrintStream terminal) {
        Console console = System.console();
        boolean watched = console != null && console.isTerminal();
        return watched ? new LiveLine(counts, terminal) : null;
    }

    private void show() {
        long lastReceived = 0;
        long lastNanos = System.nanoTime();
        while (!closed) {
            try {
                Thread.sleep(PERIOD);
            } catch (InterruptedException e) {
                return;
            }
            long now = System.nanoTime();
            long received = counts.shownReceived();
            double mpps = (received - lastReceived) * 1e3 / (now - lastNanos);
            terminal.print(String.format(Locale.ROOT, "%ssent %,d  received %,d  on their way %,d  %.3f Mpps", CLEAR,
                    counts.shownSent(), received, counts.shownSent() - received, mpps));
            terminal.flush();
            lastReceived = received;
            lastNanos = now;
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(PERIOD);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        terminal.print(CLEAR);
        terminal.flush();
    }
}
