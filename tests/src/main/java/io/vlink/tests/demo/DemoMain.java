// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.demo;

import io.vlink.infra.command.BuildVersion;
import io.vlink.infra.command.OneLineErrors;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command line of {@code bin/demo}. */
// spotless:off
@Command(name = "demo", mixinStandardHelpOptions = true, versionProvider = BuildVersion.class,
        sortOptions = false, description = {
        "Shows the main job: the agent starts, a stock QEMU boots a Debian guest with the pci-vlink device, an echo on the"
                + " host answers a packet generator in the guest over two links, then an echo in the guest answers a generator"
                + " on the host, and every packet is checked.",
        "Exit status: 0 all packets came back right, 1 something failed, 2 wrong usage."})
// spotless:on
public final class DemoMain implements Callable<Integer> {
    /** Where the other side runs. */
    enum Machine {
        /** i440fx with 32-bit BARs. */
        pc,
        /** PCI Express with 64-bit BARs. */
        q35
    }

    /** How QEMU runs the guest. */
    enum Accelerator {
        /** KVM if it boots the guest in time, else TCG. */
        auto,
        /** Hardware. */
        kvm,
        /** Emulation. */
        tcg
    }

    @Spec
    private CommandSpec spec;

    @Option(names = "--local", description = "No VM: the guest program attaches through the device socket.")
    private boolean local;

    @Option(names = "--machine", defaultValue = "pc", description = "QEMU machine: ${COMPLETION-CANDIDATES}. Default: pc.")
    private Machine machine = Machine.pc;

    @Option(names = "--accel", defaultValue = "auto", description = "QEMU accelerator: ${COMPLETION-CANDIDATES}. Default: auto:"
            + " KVM is tried for 10 s, then TCG.")
    private Accelerator accelerator = Accelerator.auto;

    @Option(names = "--packets", defaultValue = "1000000", paramLabel = "N", description = "Packets that the host sends."
            + " Default: 1000000.")
    private long packets = 1_000_000;

    @Option(names = "--guest-packets", defaultValue = "100000", paramLabel = "N", description = "Packets that the guest sends,"
            + " over both links. Default: 100000.")
    private long guestPackets = 100_000;

    @Option(names = "--keep", description = "Stay up afterwards, and say how to join in; end with Ctrl-C.")
    private boolean keep;

    @Option(names = "--json", description = "Last line: one JSON object with the result.")
    private boolean json;

    /**
     * Runs the demo.
     *
     * @param arguments command line
     */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** {@return the command line, for main and for tests} */
    static CommandLine commandLine() {
        return OneLineErrors.of(new CommandLine(new DemoMain()), List.of(LabException.class));
    }

    @Override
    public Integer call() {
        for (String option : List.of("--machine", "--accel")) {
            if (local && spec.commandLine().getParseResult().hasMatchedOption(option)) {
                return OneLineErrors.wrongUsage(spec.commandLine(),
                        "there is no VM: --local " + option + ": leave one of them out");
            }
        }
        if (packets < 1) {
            System.err.println("demo: packets must be positive: packets=" + packets);
            return CommandLine.ExitCode.USAGE;
        }
        if (guestPackets < 1) {
            System.err.println("demo: guest-packets must be positive: guest-packets=" + guestPackets);
            return CommandLine.ExitCode.USAGE;
        }
        Lab lab = Lab.create();
        Thread hook = Thread.ofPlatform().unstarted(lab::close);
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            Demo demo = new Demo(lab,
                    new Demo.Plan(local, machine.name(), accelerator.name(), packets, guestPackets, keep));
            DemoReport report = demo.run();
            System.out.println(json ? JsonLine.write(report.toJson()) : report.toText());
            demo.stayUp();
            return report.isPerfect() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        } catch (LabException e) {
            System.err.print(e.logs().isEmpty() || e.logs().endsWith("\n") ? e.logs() : e.logs() + "\n");
            System.err.println("demo: " + e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        } finally {
            lab.close();
        }
    }
}
