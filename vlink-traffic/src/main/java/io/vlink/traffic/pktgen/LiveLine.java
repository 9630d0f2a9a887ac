// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

import java.io.Console;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * A line on the terminal that is rewritten once a second while a run lasts. Where the output is no terminal there is none. The
 * main thread's.
 */
final class LiveLine implements AutoCloseable {
    private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final double NANOS_PER_MICROSECOND = 1e3;
    private static final String CLEAR = "\r\u001b[K";

    private final List<TrafficCounts> counts;
    private final PrintWriter terminal;
    private final boolean watched;
    private long lastNanos = System.nanoTime();
    private long lastMoved;

    /**
     * A line that shows nothing yet.
     *
     * @param counts   what to show
     * @param terminal where
     */
    LiveLine(List<TrafficCounts> counts, PrintWriter terminal) {
        this.counts = List.copyOf(counts);
        this.terminal = terminal;
        this.watched = isTerminal();
    }

    @SuppressWarnings("SystemConsoleNull") // on JDK 25 it is null unless both streams are a terminal
    private static boolean isTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    /** Shows the counts if it is time to. */
    void show() {
        long now = System.nanoTime();
        if (!watched || now - lastNanos < PERIOD_NANOS) {
            return;
        }
        long sent = counts.stream().mapToLong(TrafficCounts::shownSent).sum();
        long received = counts.stream().mapToLong(TrafficCounts::shownReceived).sum();
        long moved = received == 0 ? sent : received;
        double mpps = (moved - lastMoved) * NANOS_PER_MICROSECOND / (now - lastNanos);
        terminal.print(String.format(Locale.ROOT, "%ssent %,d  received %,d  %.3f Mpps", CLEAR, sent, received, mpps));
        terminal.flush();
        lastMoved = moved;
        lastNanos = now;
    }

    @Override
    public void close() {
        if (watched) {
            terminal.print(CLEAR);
            terminal.flush();
        }
    }
}
