// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import io.vlink.hostpmd.VlinkPort;
import io.vlink.traffic.echo.EchoEnd;
import io.vlink.traffic.echo.EchoOptions;
import io.vlink.traffic.echo.EchoPlan;
import io.vlink.traffic.echo.EchoRun;
import io.vlink.traffic.echo.EchoVoice;
import io.vlink.traffic.worker.PortQueue;
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
 * The host's echo: sends back what guests send. Exit status: 0 it ended as asked; 1 it failed, or its agent is gone; 2 wrong
 * usage.
 */
// spotless:off
@Command(name = "vlink-echo", version = "vlink-echo 0.1.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Sends every packet that a guest sends back to it, MAC addresses swapped, or sinks it.%n"
                + "Runs until --count or --duration is reached, or until Ctrl-C; then reports.")
// spotless:on
public final class EchoMain implements Callable<Integer> {
    private static final int OK = 0;
    private static final int FAILED = 1;

    @Spec
    private CommandSpec spec;

    @Mixin
    private VdevOptions vdevs;

    @Mixin
    private EchoOptions options;

    private final StopSignal stop;

    private EchoMain(StopSignal stop) {
        this.stop = stop;
    }

    /**
     * Runs the echo and exits.
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
     * Runs the echo.
     *
     * @param out       gets the result
     * @param err       gets everything else
     * @param stop      tells when to stop
     * @param arguments see {@code --help}
     * @return exit status
     */
    static int run(PrintWriter out, PrintWriter err, StopSignal stop, String... arguments) {
        OneLineErrors errors = new OneLineErrors();
        return new CommandLine(new EchoMain(stop)).setOut(out).setErr(err).setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(errors).setExecutionExceptionHandler(errors).execute(arguments);
    }

    @Override
    public Integer call() {
        EchoPlan plan = options.plan();
        vdevs.check();
        List<VlinkPort> ports = vdevs.attach();
        try {
            PrintWriter err = spec.commandLine().getErr();
            EchoVoice voice = options.voice(spec.commandLine().getOut(), err);
            EchoEnd end = new EchoRun("vlink-echo", PortQueue.all(ports), plan, voice).run(ready(ports), stop);
            if (end == EchoEnd.GONE) {
                err.println("vlink-echo: agent gone: run_dir=" + vdevs.runDirectory()
                        + ": start bin/virt_compute and run again");
                return FAILED;
            }
            return OK;
        } finally {
            ports.forEach(VlinkPort::close);
        }
    }

    private static String ready(List<VlinkPort> ports) {
        StringBuilder names = new StringBuilder();
        int channels = 0;
        for (VlinkPort port : ports) {
            names.append(names.isEmpty() ? "" : ",").append(port.arguments().link());
            channels += port.dataChannels();
        }
        return "echo ready link=" + names + " channels=" + channels;
    }
}
