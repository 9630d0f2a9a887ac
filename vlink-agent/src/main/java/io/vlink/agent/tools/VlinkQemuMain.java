// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

import io.vlink.agent.log.LogFormat;
import io.vlink.agent.log.LogSetup;
import io.vlink.infra.command.EnoughDescriptors;
import io.vlink.infra.command.OneLineErrors;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.ProgramReplacement;
import io.vlink.infra.region.MemorySize;
import io.vlink.linkconfig.LinkConfig;
import io.vlink.spec.control.Role;
import io.vlink.spec.pci.BarShape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Takes QEMU's own command line, registers the domain of its {@code -device pci-vlink,…}, and becomes QEMU. The connection to
 * the agent stays open in QEMU, so the agent sees when QEMU is gone.
 */
// spotless:off
@Command(name = "vlink-qemu", sortOptions = false, usageHelpAutoWidth = true,
        customSynopsis = "vlink-qemu [--run-dir DIR] [--wait] [--print] QEMU-OPTIONS -device pci-vlink,PROPERTIES",
        description = {
            "Starts a stock QEMU (>= 10.1) with a pci-vlink device. All but that one -device passes to QEMU untouched.", "",
            "Properties of pci-vlink:",
            "  vm_domain=NAME     the VM's name in the agent",
            "  init_config=FILE   its links: one line each, NAME MAC CHANNELS [queue_size=N] [mtu=N]",
            "  bar=32|64          32 (default) for -M pc, 64 for -M q35",
            "  trust_group=NAME   share a packet region with other VMs of that group",
            "  max_channel=N      channels that channel memory has room for",
            "  id=, bus=, addr=   passed on to QEMU", ""},
        footer = {"",
            "QEMU is $VLINK_QEMU, else the first qemu-system-x86_64 on PATH. Its own help: vlink-qemu -help.",
            "Signals and exit status are QEMU's; 1 if it could not be started, 2 for wrong usage."})
// spotless:on
public final class VlinkQemuMain implements Callable<Integer> {
    /** Properties of a PCI device that QEMU itself knows. */
    private static final List<String> PASSED_ON = List.of("id", "bus", "addr");

    /** What a pc with more memory leaves below 4 GiB is less than a GiB, or not aligned to one; seen with QEMU 11.1. */
    private static final long PC_MEMORY_LIMIT = 2L << 30;

    @Mixin
    private AgentOptions options;

    // spotless:off
    @Option(names = "--print",
            description = "Print QEMU's command line for a shell instead of running it. The domain is registered to learn its "
                + "socket, and is gone again when this program ends.")
    private boolean print;

    @Option(names = {"--help", "--help-vlink"}, usageHelp = true, description = "Show this.")
    @SuppressWarnings("UnusedVariable") // picocli acts on it
    private boolean help;

    @Parameters(arity = "0..*", hidden = true)
    private List<String> qemuArguments = new ArrayList<>();
    // spotless:on

    /** QEMU's own come on top of it, and are QEMU's to ask for. */
    private static final int NEEDED_DESCRIPTORS = 64;

    private VlinkQemuMain() {
    }

    /**
     * Runs the tool; returns only if QEMU is not started.
     *
     * @param args command line
     */
    public static void main(String[] args) {
        EnoughDescriptors.orExit("vlink-qemu", NEEDED_DESCRIPTORS);
        LogSetup.configure(LogFormat.TEXT, false);
        System.exit(commandLine().execute(original(args)));
    }

    /** {@return the command line, for main and for tests} */
    static CommandLine commandLine() {
        CommandLine commandLine = OneLineErrors.of(new CommandLine(new VlinkQemuMain()), List.of());
        commandLine.setStopAtPositional(true).setUnmatchedOptionsArePositionalParams(true).setExpandAtFiles(false);
        return commandLine.setExecutionExceptionHandler(ToolException::print);
    }

    /** The JVM decodes arguments by the locale, which spoils file names in the C locale; the kernel has them as they came. */
    private static String[] original(String[] args) {
        try {
            String all = Files.readString(Path.of("/proc/self/cmdline"), StandardCharsets.UTF_8);
            String[] words = all.split("\0", -1);
            return words.length > args.length
                    ? Arrays.copyOfRange(words, words.length - 1 - args.length, words.length - 1)
                    : args;
        } catch (IOException e) {
            return args;
        }
    }

    @Override
    public Integer call() {
        QemuCommandLine commandLine = new QemuCommandLine(qemuArguments);
        if (!commandLine.hasDevice()) {
            return withoutDevice();
        }
        DeviceOption option = DeviceOption.parse(commandLine.deviceProperties(), "-device pci-vlink,", PASSED_ON);
        LinkConfig links = AgentClient.links(option);
        QemuProgram qemu = QemuProgram.find(System.getenv());
        try (AgentClient agent = options.connect(Role.QEMU)) {
            checkMachine(commandLine, option, JsonTree.parse(agent.report()).child("agent").number("regionBytes"));
            String socket = agent.register(option, links);
            List<String> words = new ArrayList<>(List.of(qemu.path().toString()));
            words.addAll(commandLine.withDevice(VfioUserDevice.option(socket, option.passed())));
            return run(words, List.of(agent.fd()));
        }
    }

    private int withoutDevice() {
        System.err.println("vlink-qemu: no -device pci-vlink on the command line: QEMU gets it as it is");
        List<String> words = new ArrayList<>(List.of(QemuProgram.find(System.getenv()).path().toString()));
        words.addAll(qemuArguments);
        return run(words, List.of());
    }

    private int run(List<String> words, List<Fd> kept) {
        if (print) {
            System.out.println(ShellWord.join(words));
            return CommandLine.ExitCode.OK;
        }
        System.out.flush();
        ProgramReplacement.exec(words.getFirst(), words, System.getenv(), kept);
        return CommandLine.ExitCode.SOFTWARE;
    }

    /**
     * Checks that a region's 32-bit BAR has a place below 4 GiB. A BAR of a GiB must be aligned to a GiB. A q35 keeps registers
     * of its own in each GiB that memory leaves; a pc has them in the last one, so memory must end at 2 GiB.
     *
     * @param regionBytes of the region
     * @throws ToolException if it has none: the firmware would leave all BARs unmapped, or halt, without a word
     */
    static void checkMachine(QemuCommandLine commandLine, DeviceOption option, long regionBytes) {
        if (option.barShape() != BarShape.BAR32 || regionBytes < BarShape.MAX_REGION_BYTES_BAR32) {
            return;
        }
        String what = "a 32-bit BAR of " + MemorySize.format(regionBytes) + " does not fit below 4 GiB: machine="
                + commandLine.machine();
        if (commandLine.isQ35()) {
            throw new ToolException(what + " bar=32: use bar=64, or -M pc");
        }
        if (commandLine.isPc() && commandLine.memoryBelow4GiB() > PC_MEMORY_LIMIT) {
            throw new ToolException(what + " memory=" + MemorySize.format(commandLine.memoryBelow4GiB())
                    + " bar=32: add max-ram-below-4g=2G to -M, or use bar=64");
        }
    }
}
