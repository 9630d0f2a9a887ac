// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import io.vlink.hostpmd.VlinkPort;
import io.vlink.infra.command.BuildVersion;
import io.vlink.traffic.pktgen.GeneratorPort;
import io.vlink.traffic.pktgen.PktgenOptions;
import io.vlink.traffic.pktgen.PktgenRun;
import io.vlink.traffic.pktgen.Side;
import io.vlink.traffic.pktgen.TrafficPlan;
import io.vlink.traffic.worker.StopSignal;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * The host's generator. Exit status: 0 everything that was sent came back in order and unchanged; 1 it did not, or there was
 * no traffic at all; 2 wrong usage.
 */
// spotless:off
@Command(name = "pktgen", versionProvider = BuildVersion.class, mixinStandardHelpOptions = true, sortOptions = false,
        description = "Sends numbered UDP frames into links, checks every frame that comes back, and reports.%n"
                + "Runs until --count or --duration is reached, or until Ctrl-C; then waits for what is on its way.",
        footer = {"", PktgenOptions.EXIT_STATUS})
// spotless:on
public final class PktgenMain extends HostProgram<TrafficPlan> {
    @Mixin
    private PktgenOptions options;

    /** For {@link #main}, and for tests. */
    PktgenMain() {
    }

    /**
     * Runs the generator and exits.
     *
     * @param arguments see {@code --help}
     */
    public static void main(String[] arguments) {
        new PktgenMain().runAndExit(arguments);
    }

    @Override
    TrafficPlan plan() {
        return options.plan();
    }

    @Override
    int work(TrafficPlan plan, List<VlinkPort> ports, StopSignal signals) {
        Side side = new Side("pktgen", agentGone(), remedy(), "vlink-guest echo in the guest");
        List<GeneratorPort> generators = ports.stream()
                .map(port -> new GeneratorPort(port, port.arguments().mode().label())).toList();
        return new PktgenRun(side, options, out(), err()).run(plan, generators, signals);
    }
}
