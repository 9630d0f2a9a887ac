// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.command;

import io.vlink.guest.GuestDevice;
import io.vlink.guest.GuestPort;
import io.vlink.traffic.pktgen.GeneratorPort;
import io.vlink.traffic.pktgen.PktgenOptions;
import io.vlink.traffic.pktgen.PktgenRun;
import io.vlink.traffic.pktgen.Side;
import io.vlink.traffic.pktgen.TrafficPlan;
import io.vlink.traffic.worker.StopSignal;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code vlink-guest pktgen}. */
// spotless:off
@Command(name = "pktgen", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Sends numbered UDP frames to the host, checks every frame that comes back, and reports.%n"
                + "Runs until --count or --duration is reached, or until Ctrl-C; then waits for what is on its way.",
        footer = {"", PktgenOptions.EXIT_STATUS})
// spotless:on
public final class PktgenCommand extends TrafficCommand<TrafficPlan> {
    @Mixin
    private PktgenOptions options;

    /** Made by picocli. */
    public PktgenCommand() {
    }

    @Override
    TrafficPlan plan() {
        return options.plan();
    }

    @Override
    int work(TrafficPlan plan, GuestDevice guest, List<GuestPort> ports, StopSignal stop) {
        Side side = new Side("vlink-guest", "the agent on the host is gone", guest.access().goneMessage(),
                "bin/vlink-echo on the host");
        List<GeneratorPort> generators = ports.stream().map(port -> new GeneratorPort(port, "mq")).toList();
        return new PktgenRun(side, options, out(), err()).run(plan, generators, stop);
    }
}
