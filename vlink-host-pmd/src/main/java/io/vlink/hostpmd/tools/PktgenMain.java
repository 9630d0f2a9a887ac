// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import io.vlink.hostpmd.VlinkPort;
import io.vlink.traffic.pktgen.GeneratorPort;
import io.vlink.traffic.pktgen.PktgenOptions;
import io.vlink.traffic.pktgen.PktgenRun;
import io.vlink.traffic.pktgen.Side;
import io.vlink.traffic.pktgen.TrafficPlan;
import io.vlink.traffic.worker.StopSignal;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * The host's generator. Exit status: 0 everything that was sent came back in order and unchanged; 1 it did not, or there was
 * no traffic at all; 2 wrong usage.
 */
// spotless:off
@Command(name = "pktgen", version = "pktgen 0.1.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Sends numbered UDP frames into links, checks every frame that comes back, and reports.%n"
                + "Runs until --count or --duration is reached, or until Ctrl-C; then waits for what is on its way.")
// spotless:on
public final class PktgenMain implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private VdevOptions vdevs;

    @Mixin
    private PktgenOptions options;

    private final StopSignal stop;

    private PktgenMain(StopSignal stop) {
        this.stop = stop;
    }

    /**
     * Runs the generator and exits.
     *
     * @param arguments see {@code --help}
     */
    public static void main(String[] arguments) {
        StopSignal stop = StopSignal.install();
        int status = run(new PrintWriter(System.out, true, System.out.charset()),
                new PrintWriter(System.err, true, System.err.charset()), stop, arguments);
        stop.finished(status);
        System.exit(status);
    }

    /**
     * Runs the generator.
     *
     * @param out       gets the result
     * @param err       gets everything else
     * @param stop      tells when to stop early
     * @param arguments see {@code --help}
     * @return exit status
     */
    static int run(PrintWriter out, PrintWriter err, StopSignal stop, String... arguments) {
        OneLineErrors errors = new OneLineErrors();
        return new CommandLine(new PktgenMain(stop)).setOut(out).setErr(err).setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(errors).setExecutionExceptionHandler(errors).execute(arguments);
    }

    @Override
    public Integer call() {
        TrafficPlan plan = options.plan();
        vdevs.check();
        Side side = new Side("pktgen", "agent gone: run_dir=" + vdevs.runDirectory(),
                "start bin/virt_compute and run again", "vlink-guest echo in the guest");
        List<VlinkPort> ports = vdevs.attach();
        try {
            List<GeneratorPort> generators = ports.stream()
                    .map(port -> new GeneratorPort(port, port.arguments().mode().label())).toList();
            CommandLine command = spec.commandLine();
            return new PktgenRun(side, options, command.getOut(), command.getErr()).run(plan, generators, stop);
        } finally {
            ports.forEach(VlinkPort::close);
        }
    }
}
