// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.command;

import io.vlink.guest.GuestLink;
import io.vlink.guest.echo.EchoEvents;
import io.vlink.guest.echo.EchoTotals;
import java.io.PrintWriter;

/** Prints what an echo does: events on stderr, counts on stdout. On the echo's thread. */
final class EchoReport implements EchoEvents {
    private static final double NANOS_PER_SECOND = 1e9;

    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean live;
    private EchoTotals before = new EchoTotals(0, 0, 0, 0, 0, 0, 0);

    /**
     * A report.
     *
     * @param out  for counts
     * @param err  for events
     * @param live whether each report overwrites the last one, as on a terminal
     */
    EchoReport(PrintWriter out, PrintWriter err, boolean live) {
        this.out = out;
        this.err = err;
        this.live = live;
    }

    @Override
    public void linkUp(GuestLink link) {
        event("link " + link.name() + " is up: epoch=" + Integer.toUnsignedString(link.hostEpoch()));
    }

    @Override
    public void linkDown(GuestLink link) {
        event("link " + link.name() + " is down: waiting for the host");
    }

    @Override
    public void channelFault(GuestLink link, int channel) {
        event("channel rests until the host starts anew, because its ring position is impossible: link=" + link.name()
                + " channel=" + channel);
    }

    private void event(String line) {
        if (live) {
            out.println();
            out.flush();
        }
        err.println(line);
        err.flush();
    }

    @Override
    public void report(EchoTotals totals) {
        double seconds = (totals.nanos() - before.nanos()) / NANOS_PER_SECOND;
        long rate = Math.round((totals.txPackets() - before.txPackets()) / seconds);
        String line = "echo packets=" + totals.txPackets() + " per_second=" + rate + " bad=" + totals.badDescriptors();
        out.print(live ? "\r" + line + "   " : line + "\n");
        out.flush();
        before = totals;
    }

    /**
     * Prints the counts at the end.
     *
     * @param totals the counts
     * @param json   as one JSON object
     */
    void end(EchoTotals totals, boolean json) {
        if (live) {
            out.println();
        }
        if (json) {
            out.println(new JsonText().open('{').member("nanos", totals.nanos()).member("rxPackets", totals.rxPackets())
                    .member("rxBytes", totals.rxBytes()).member("txPackets", totals.txPackets())
                    .member("txBytes", totals.txBytes()).member("badDescriptors", totals.badDescriptors())
                    .member("txFull", totals.txFull()).close('}'));
        } else {
            out.println("echo ended received=" + totals.rxPackets() + " returned=" + totals.txPackets() + " bytes="
                    + totals.txBytes() + " bad=" + totals.badDescriptors() + " waited_for_room=" + totals.txFull());
        }
        out.flush();
    }
}
