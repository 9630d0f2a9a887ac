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
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code vlink-guest pktgen}. */
// spotless:off
@Command(name = "pktgen", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Sends numbered UDP frames to the host, checks every frame that comes back, and reports.%n"
                + "Runs until --count or --duration is reached, or until Ctrl-C; then waits for what is on its way.")
// spotless:on
public final class PktgenCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private DeviceOptions device;

    @Mixin
    private LinkOptions links;

    @Mixin
    private PktgenOptions options;

    /** Made by picocli. */
    public PktgenCommand() {
    }

    @Override
    public Integer call() {
        TrafficPlan plan = options.plan();
        StopSignal stop = StopSignal.install();
        int status = 1;
        try {
            status = generate(plan, stop);
            return status;
        } finally {
            stop.finished(status);
        }
    }

    private int generate(TrafficPlan plan, StopSignal stop) {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        try (GuestDevice guest = device.openBound(err)) {
            Side side = new Side("vlink-guest", "the agent on the host is gone", guest.access().goneMessage(),
                    "bin/vlink-echo on the host");
            List<GuestPort> ports = LinkOptions.attach(guest, links.of(guest));
            try {
                List<GeneratorPort> generators = ports.stream().map(port -> new GeneratorPort(port, "mq")).toList();
                return new PktgenRun(side, options, out, err).run(plan, generators, stop);
            } finally {
                ports.forEach(GuestPort::close);
            }
        }
    }
}
