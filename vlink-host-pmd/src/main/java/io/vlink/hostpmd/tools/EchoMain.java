// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import io.vlink.hostpmd.AttachException;
import io.vlink.hostpmd.VdevArguments;
import io.vlink.hostpmd.VlinkPort;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.OsException;
import io.vlink.infra.port.PortException;
import io.vlink.traffic.echo.EchoEnd;
import io.vlink.traffic.echo.EchoOptions;
import io.vlink.traffic.echo.EchoPlan;
import io.vlink.traffic.echo.EchoRun;
import io.vlink.traffic.echo.EchoVoice;
import io.vlink.traffic.worker.PortQueue;
import io.vlink.traffic.worker.StopSignal;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
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

    // spotless:off
    @Option(names = "--vdev", required = true, paramLabel = "VDEV", converter = PktgenMain.VdevConverter.class,
            description = "eth_vlink<N>,link=<name>[,mode=bond|mq]: which link, and how; may be given several times")
    private List<VdevArguments> vdevs;
    @Option(names = "--run-dir", paramLabel = "DIR",
            description = "the agent's run directory; default: $VLINK_RUN_DIR, else /run/vlink for root and"
                    + " $XDG_RUNTIME_DIR/vlink for others")
    private Path runDir;
    // spotless:on

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
        CommandLine commandLine = new CommandLine(new EchoMain(stop)).setOut(out).setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setParameterExceptionHandler((wrong, given) -> {
            err.println("vlink-echo: " + oneLine(wrong) + " (see vlink-echo --help)");
            return CommandLine.ExitCode.USAGE;
        });
        commandLine.setExecutionExceptionHandler((failure, command, result) -> {
            err.println("vlink-echo: " + oneLine(failure));
            if (!(failure instanceof AttachException || failure instanceof OsException
                    || failure instanceof PortException)) {
                failure.printStackTrace(err);
            }
            return FAILED;
        });
        return commandLine.execute(arguments);
    }

    private static String oneLine(Exception failure) {
        String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
        return message.replaceAll("\\s*\\R\\s*", " ");
    }

    @Override
    public Integer call() {
        EchoPlan plan = options.plan();
        checkVdevs();
        RunDirectory directory = RunDirectory.of(runDir, System.getenv());
        List<VlinkPort> ports = new ArrayList<>();
        try {
            for (VdevArguments vdev : vdevs) {
                ports.add(VlinkPort.attach(vdev, directory.path()));
            }
            PrintWriter err = spec.commandLine().getErr();
            EchoVoice voice = options.voice(spec.commandLine().getOut(), err);
            EchoEnd end = new EchoRun("vlink-echo", PortQueue.all(ports), plan, voice).run(ready(ports), stop);
            if (end == EchoEnd.GONE) {
                err.println("vlink-echo: agent gone: run_dir=" + directory.path()
                        + ": start bin/virt_compute and run again");
                return FAILED;
            }
            return OK;
        } finally {
            ports.forEach(VlinkPort::close);
        }
    }

    private void checkVdevs() {
        Set<Object> seen = new HashSet<>();
        for (VdevArguments vdev : vdevs) {
            if (!seen.add(vdev.port()) || !seen.add(vdev.link())) {
                throw new ParameterException(spec.commandLine(),
                        "each --vdev must have a number and a link of its own: vdev=" + vdev);
            }
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
