// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import io.vlink.hostpmd.AttachException;
import io.vlink.hostpmd.ChannelStatistics;
import io.vlink.hostpmd.VdevArguments;
import io.vlink.hostpmd.VlinkPort;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.Cpu;
import io.vlink.infra.os.OsException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The generator's command line. Exit status: 0 everything that was sent came back in order and unchanged; 1 it did not, or
 * there was no traffic at all; 2 wrong usage.
 */
// spotless:off
@Command(name = "pktgen", version = "pktgen 0.1.0", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Sends numbered UDP frames into a link, checks every frame that comes back, and reports.%n"
                + "Runs until --count or --duration is reached, or until Ctrl-C; then waits for what is on its way.")
// spotless:on
public final class PktgenMain implements Callable<Integer> {
    private static final int OK = 0;
    private static final int FAILED = 1;

    // spotless:off
    @Option(names = "--vdev", required = true, paramLabel = "VDEV", converter = VdevConverter.class,
            description = "eth_vlink<N>,link=<name>[,mode=bond|mq]: which link, and how; mq (default): a queue for each"
                    + " data channel, bond: one queue, spread by flow")
    private VdevArguments vdev;
    @Option(names = "--count", paramLabel = "N", description = "packets to send; default: no limit")
    private Long count;
    @Option(names = "--duration", paramLabel = "S", description = "seconds to send for; default: no limit")
    private Double durationSeconds;
    @Option(names = "--size", paramLabel = "BYTES", defaultValue = "64",
            description = "frame size, 64 to 1518, counting the 4 bytes of FCS that a wire would add;"
                    + " default ${DEFAULT-VALUE}")
    private int size;
    @Option(names = "--burst", paramLabel = "N", defaultValue = "32",
            description = "packets in a burst at most; default ${DEFAULT-VALUE}")
    private int burst;
    @Option(names = "--window", paramLabel = "N",
            description = "packets on their way at most; default 512, or what the queues hold if that is less")
    private Integer window;
    @Option(names = "--rate", paramLabel = "PPS", description = "packets a second at most; default: no limit")
    private Long rate;
    @Option(names = "--lcore", paramLabel = "N", description = "processor to run on; default: any")
    private Integer lcore;
    @Option(names = "--queue", paramLabel = "N|all", defaultValue = "all",
            description = "queue to use; default ${DEFAULT-VALUE}")
    private String queue;
    @Option(names = "--json", description = "print the result as one line of JSON")
    private boolean json;
    @Option(names = "--run-dir", paramLabel = "DIR",
            description = "the agent's run directory; default: $VLINK_RUN_DIR, else /run/vlink for root and"
                    + " $XDG_RUNTIME_DIR/vlink for others")
    private Path runDir;
    @Option(names = "--timeout", paramLabel = "S", defaultValue = "10",
            description = "seconds to wait for the link to come up, and at the end for the last packets;"
                    + " default ${DEFAULT-VALUE}")
    private double timeoutSeconds;
    // spotless:on

    private final PrintStream out;
    private final PrintStream err;
    private final StopSignal stop;

    PktgenMain(PrintStream out, PrintStream err, StopSignal stop) {
        this.out = out;
        this.err = err;
        this.stop = stop;
    }

    /**
     * Runs the generator and exits.
     *
     * @param arguments see {@code --help}
     */
    public static void main(String[] arguments) {
        StopSignal stop = StopSignal.install();
        int status = run(System.out, System.err, stop, arguments);
        System.out.flush();
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
    static int run(PrintStream out, PrintStream err, StopSignal stop, String... arguments) {
        CommandLine commandLine = new CommandLine(new PktgenMain(out, err, stop));
        commandLine.setParameterExceptionHandler((wrong, given) -> {
            err.println("pktgen: " + oneLine(wrong) + " (see pktgen --help)");
            return CommandLine.ExitCode.USAGE;
        });
        commandLine.setExecutionExceptionHandler((failure, command, result) -> {
            err.println("pktgen: " + oneLine(failure));
            return failure instanceof UsageException ? CommandLine.ExitCode.USAGE : FAILED;
        });
        return commandLine.execute(arguments);
    }

    private static String oneLine(Exception failure) {
        String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
        return message.replaceAll("\\s*\\R\\s*", " ");
    }

    @Override
    public Integer call() {
        PlanChecks checks = new PlanChecks(count, durationSeconds, size, burst, window, rate, queue, timeoutSeconds);
        checks.checkNumbers();
        pin();
        RunDirectory directory = RunDirectory.of(runDir, System.getenv());
        try (VlinkPort port = VlinkPort.attach(vdev, directory.path())) {
            TrafficPlan plan = checks.planFor(port);
            Duration timeout = plan.drain();
            if (!stop.waitUntilUp(port, timeout)) {
                return notUp(port, directory, timeout);
            }
            return generate(port, plan, directory);
        } catch (AttachException | OsException failure) {
            err.println("pktgen: " + oneLine(failure));
            return FAILED;
        }
    }

    private void pin() {
        if (lcore == null) {
            return;
        }
        try {
            Cpu.pin(lcore);
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage(), e);
        }
    }

    private int notUp(VlinkPort port, RunDirectory directory, Duration timeout) {
        if (stop.isRequested()) {
            err.println("pktgen: stopped before link=" + vdev.link() + " came up: nothing was sent");
        } else if (port.isAgentGone()) {
            err.println("pktgen: agent gone: run_dir=" + directory.path()
                    + ": start bin/virt_compute and run again");
        } else {
            err.println("pktgen: link=" + vdev.link() + " is down: no guest has initialised its lane within timeout="
                    + PlanChecks.seconds(timeout) + ": start vlink-guest echo in the guest");
        }
        return FAILED;
    }

    private int generate(VlinkPort port, TrafficPlan plan, RunDirectory directory) {
        ChannelStatistics before = port.channelStatistics();
        TrafficGenerator generator = new TrafficGenerator(port, plan);
        stop.onRequest(generator::stop);
        StopReason reason;
        LiveLine live = LiveLine.start(generator.counts(), err);
        try {
            reason = generator.run();
        } finally {
            if (live != null) {
                live.close();
            }
        }
        PktgenReport report = new PktgenReport(port, plan, generator, reason, port.channelStatistics().since(before));
        explain(reason, directory, generator.counts());
        out.println(json ? report.toJson() : report.toText().stripTrailing());
        return report.isGood() ? OK : FAILED;
    }

    private void explain(StopReason reason, RunDirectory directory, TrafficCounts counts) {
        if (reason == StopReason.AGENT_GONE) {
            err.println("pktgen: agent gone: run_dir=" + directory.path() + ": packets in flight were "
                    + (counts.outstanding() == 0 ? "drained" : "lost: lost=" + counts.outstanding())
                    + "; start bin/virt_compute and run again");
        } else if (reason == StopReason.LINK_DOWN) {
            err.println("pktgen: link=" + vdev.link() + " went down: the guest has left it, packets in flight are lost:"
                    + " lost=" + counts.outstanding() + ": start QEMU and vlink-guest echo again");
        } else if (reason == StopReason.QUARANTINED) {
            err.println(
                    "pktgen: link=" + vdev.link() + " has a channel in quarantine: its guest moved a ring position out"
                            + " of range: lost=" + counts.outstanding() + ": restart vlink-guest echo, then run again");
        } else if (reason == StopReason.STALLED) {
            err.println("pktgen: link=" + vdev.link() + " returns nothing: a whole window is on its way for longer than"
                    + " --timeout: lost=" + counts.outstanding() + ": look at vlink-guest echo in the guest");
        }
    }

    /** Turns the vdev string into what it says; picocli makes usage errors of its complaints. */
    static final class VdevConverter implements CommandLine.ITypeConverter<VdevArguments> {
        @Override
        public VdevArguments convert(String value) {
            try {
                return VdevArguments.parse(value);
            } catch (IllegalArgumentException e) {
                throw new CommandLine.TypeConversionException(e.getMessage());
            }
        }
    }
}
