// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.spec.pci.Limits;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.LabException;
import io.vlink.tests.lab.ManagedProcess;
import io.vlink.traffic.echo.EchoPlan;
import java.time.Duration;
import java.util.Map;

/** vlink there and back: the host sends a window of frames, {@code vlink-guest echo} sends them back. One thread. */
final class VlinkPair implements Contestant {
    /** Name of the detail that tells what the host's polling thread has allocated while it was measured. */
    static final String HOST_BYTES = "hostBytesAllocated";
    /** The same of the guest. */
    static final String GUEST_BYTES = "guestBytesAllocated";

    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final VlinkDomain domain;
    private final String name;

    /**
     * A pair.
     *
     * @param domain its links
     * @param name   in tables and JSON
     */
    VlinkPair(VlinkDomain domain, String name) {
        this.domain = domain;
        this.name = name;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Run run(Traffic traffic, double seconds) {
        return run(traffic, seconds, Watch.QUIETLY);
    }

    /** {@return what {@link #run(Traffic, double)} does, with another way of looking} */
    Run run(Traffic traffic, double seconds, Watch watch) {
        int burst = traffic.burst() * Math.ceilDiv(traffic.frameBytes(), Limits.BUFFER_BYTES);
        try (ManagedProcess guest = domain.startEcho(Math.min(burst, EchoPlan.MAX_BURST))) {
            guest.awaitLine("it was ready to echo", line -> line.contains("echo ready"), LIMIT);
            try (ManagedProcess host = domain.startHost(EchoBounceMain.class, traffic, seconds, "--window",
                    Integer.toString(traffic.window()))) {
                return measure(host, guest, seconds, watch);
            }
        }
    }

    private static Run measure(ManagedProcess host, ManagedProcess guest, double seconds, Watch watch) {
        host.awaitLine("it was measuring", SideProgram.MEASURING::equals, LIMIT);
        long before = allocated(guest, "before=");
        Seen seen = watch.look(host, guest, seconds);
        long after = allocated(guest, "after=");
        if (host.awaitExit(LIMIT) != 0) {
            throw new LabException("the host's side failed", host.tail(10) + guest.tail(10));
        }
        Map<String, Object> result = JsonLine.read(host.outputLines().getLast());
        result.put(GUEST_BYTES, after - before);
        Run run = new Run(((Number) result.get("pps")).doubleValue(), seen, result);
        if (run.number("lost") != 0 || run.number("drops") != 0) {
            throw new LabException("packets were lost: " + result, host.tail(10) + guest.tail(10));
        }
        return run;
    }

    private static long allocated(ManagedProcess guest, String question) {
        guest.send(question);
        String answer = guest.awaitLine("it told what it has allocated", line -> line.startsWith(question), LIMIT);
        return Long.parseLong(answer.substring(question.length()));
    }
}
