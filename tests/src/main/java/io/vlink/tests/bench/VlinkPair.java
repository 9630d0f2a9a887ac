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
    public double warmSeconds() {
        return domain.warmSeconds();
    }

    @Override
    public Pair start(Traffic traffic) {
        int burst = traffic.burst() * Math.ceilDiv(traffic.frameBytes(), Limits.BUFFER_BYTES);
        ManagedProcess guest = domain.startEcho(Math.min(burst, EchoPlan.MAX_BURST));
        return guest.orClose(() -> {
            guest.awaitLine("it was ready to echo", line -> line.contains("echo ready"), LIMIT);
            return startHost(traffic, guest);
        });
    }

    private Pair startHost(Traffic traffic, ManagedProcess guest) {
        ManagedProcess host = domain.startHost(EchoBounceMain.class, traffic, "--window",
                Integer.toString(traffic.window()));
        return host.orClose(() -> {
            host.awaitLine("a packet came back", SideProgram.RUNNING::equals, LIMIT);
            return new Loop(host, guest);
        });
    }

    /** Both sides of a closed loop. */
    private static final class Loop extends Pair {
        private long allocatedBefore;

        Loop(ManagedProcess host, ManagedProcess guest) {
            super(host, guest);
        }

        @Override
        void startCounting() {
            // Asked before it counts: the first answer takes its core from the guest for a while.
            allocatedBefore = allocated("before=");
            host().send(Orders.MEASURE);
            host().awaitLine("it was measuring", SideProgram.MEASURING::equals, LIMIT);
        }

        @Override
        Run stopCounting(Seen seen, long pausedNanos) {
            host().send(Orders.END);
            long allocated = allocated("after=") - allocatedBefore;
            if (host().awaitExit(LIMIT) != 0) {
                throw new LabException("the host's side failed", host().tail(10) + guest().tail(10));
            }
            Map<String, Object> result = JsonLine.read(host().outputLines().getLast());
            result.put(GUEST_BYTES, allocated);
            Run run = new Run(SideProgram.rate(result, pausedNanos), seen, result);
            if (run.number("lost") != 0 || run.number("drops") != 0) {
                throw new LabException("packets were lost: " + result, host().tail(10) + guest().tail(10));
            }
            return run;
        }

        private long allocated(String question) {
            guest().send(question);
            String answer = guest().awaitLine("it told what it has allocated", line -> line.startsWith(question),
                    LIMIT);
            return Long.parseLong(answer.substring(question.length()));
        }
    }
}
