// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.echo;

import io.vlink.infra.port.PortStatistics;
import java.io.Console;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Prints what an echo has to say: events for people to {@code err}, results to {@code out}. One thread. */
public final class EchoVoice {
    private static final double NANOS_PER_SECOND = 1e9;

    private final String program;
    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean json;
    private final boolean live;
    private final long periodNanos;
    private long nextReport;
    private long lastNanos;
    private long lastPackets;

    /**
     * A voice that has said nothing yet.
     *
     * @param program    its name, which events start with
     * @param out        for results
     * @param err        for events
     * @param json       whether the result is told as one line of JSON
     * @param statsNanos time between two lines of counts; 0: none, but once a second where somebody watches a terminal
     */
    public EchoVoice(String program, PrintWriter out, PrintWriter err, boolean json, long statsNanos) {
        this.program = program;
        this.out = out;
        this.err = err;
        this.json = json;
        live = statsNanos == 0 && !json && isTerminal();
        periodNanos = live ? TimeUnit.SECONDS.toNanos(1) : statsNanos;
        nextReport = System.nanoTime() + periodNanos;
    }

    @SuppressWarnings("SystemConsoleNull") // in JDK 25 it is null again unless both streams are a terminal
    private static boolean isTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    void ready(String line) {
        out.println(line);
        out.flush();
    }

    void event(String line) {
        if (live) {
            out.println();
            out.flush();
        }
        err.println(program + ": " + line);
        err.flush();
    }

    /** {@return whether the time for a line of counts has come; says so once a period} */
    boolean isReportDue() {
        if (periodNanos == 0 || System.nanoTime() - nextReport < 0) {
            return false;
        }
        nextReport += periodNanos;
        return true;
    }

    void report(long nanos, PortStatistics totals) {
        double seconds = (nanos - lastNanos) / NANOS_PER_SECOND;
        long rate = Math.round((totals.rxPackets() - lastPackets) / seconds);
        String line = "echo packets=" + totals.rxPackets() + " per_second=" + rate + " returned=" + totals.txPackets()
                + " dropped=" + totals.dropped();
        out.print(live ? "\r" + line + "   " : line + "\n");
        out.flush();
        lastNanos = nanos;
        lastPackets = totals.rxPackets();
    }

    void end(EchoReport report) {
        if (live) {
            out.println();
        }
        out.println(json ? report.toJson() : report.toText());
        out.flush();
    }

    /** Adds statistics of several ports; of the reasons, only their sum. */
    static PortStatistics sum(List<PortStatistics> ports) {
        long[] sums = new long[8];
        for (PortStatistics port : ports) {
            sums[0] += port.rxPackets();
            sums[1] += port.rxBytes();
            sums[2] += port.txPackets();
            sums[3] += port.txBytes();
            sums[4] += port.allocBuffers();
            sums[5] += port.freeBuffers();
            sums[6] += port.txFull();
            sums[7] += port.dropped();
        }
        return new PortStatistics(sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6],
                Map.of("all", sums[7]));
    }
}
