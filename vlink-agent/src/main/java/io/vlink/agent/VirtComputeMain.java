// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import io.vlink.agent.domain.RegionSettings;
import io.vlink.agent.log.LogFormat;
import io.vlink.agent.log.LogSetup;
import io.vlink.infra.command.BuildVersion;
import io.vlink.infra.command.EnoughDescriptors;
import io.vlink.infra.command.OneLineErrors;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.Umask;
import io.vlink.infra.region.MemorySize;
import io.vlink.infra.region.PageSizeChoice;
import io.vlink.infra.region.RegionException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The host agent's command line. */
// spotless:off
@Command(name = "virt_compute", mixinStandardHelpOptions = true, versionProvider = BuildVersion.class,
        sortOptions = false, usageHelpAutoWidth = true,
        description = "The vlink host agent: owns packet memory, domains and links, and serves each domain's pci-vlink device.",
        footer = {
            "",
            "It prints a line that starts with \"virt_compute ready\" once drivers and VMs can come, and runs until",
            "SIGTERM or SIGINT. Exit status: 0 stopped, 1 could not start, 2 wrong usage.",
            "The run directory is --run-dir, else $VLINK_RUN_DIR, else /run/vlink (root) or $XDG_RUNTIME_DIR/vlink."})
// spotless:on
public final class VirtComputeMain implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(VirtComputeMain.class);
    private static final int PRIVATE_UMASK = 077;
    private static final Duration MAX_LINGER = Duration.ofDays(366);
    /** For itself, one domain of 16 links with their drivers, and some tools. */
    private static final int NEEDED_DESCRIPTORS = 256;

    @Spec
    private CommandSpec spec;

    // spotless:off
    @Option(names = "--memory", paramLabel = "SIZE", defaultValue = "1G",
            description = "Bytes of each packet region, a power of two (default: ${DEFAULT-VALUE}).")
    private String memory;

    @Option(names = "--page-size", paramLabel = "auto|1G|2M", defaultValue = "auto",
            description = "Hugepages to use; auto takes 1G if enough are free (default: ${DEFAULT-VALUE}).")
    private String pageSize;

    @Option(names = "--no-huge",
            description = "Use ordinary memory: slower, for development.")
    private boolean noHuge;

    @Option(names = "--memory-limit", paramLabel = "SIZE",
            description = "Bytes of all regions together (default: what the machine has).")
    private String memoryLimit;

    @Option(names = "--bus-addresses", paramLabel = "offsets|random", defaultValue = "offsets",
            description = {"What descriptors carry: offsets in the region, or random page numbers, which packets are slower"
                    + " with: to find drivers that do not translate (default: ${DEFAULT-VALUE})."})
    private RegionSettings.Addressing busAddresses;

    @Option(names = "--run-dir", paramLabel = "DIR",
            description = "Where sockets and the lock stand.")
    private Path runDirectory;

    @Option(names = "--socket-mode", paramLabel = "OCTAL",
            description = "Mode of sockets (default: 0600, with --socket-group 0660).")
    private String socketMode;

    @Option(names = "--socket-owner", paramLabel = "USER",
            description = "User that owns sockets.")
    private String socketOwner;

    @Option(names = "--socket-group", paramLabel = "GROUP",
            description = "Group whose members may use sockets.")
    private String socketGroup;

    @Option(names = "--allow-uid", paramLabel = "UID", split = ",",
            description = {"Further users that may use sockets, by number, whatever the mode; it is 0666 then, unless"
                    + " --socket-mode says otherwise."})
    private List<Integer> allowedUids = List.of();

    @Option(names = "--allow-gid", paramLabel = "GID", split = ",",
            description = "Further groups: whose first one a process has, may use sockets, likewise.")
    private List<Integer> allowedGids = List.of();

    @Option(names = "--keeper", paramLabel = "yes|no", defaultValue = "yes",
            description = {"Whether a small process keeps memory and connections open when the agent dies, so that the next"
                    + " agent of the run directory takes over (default: ${DEFAULT-VALUE})."})
    private String keeper;

    @Option(names = "--keeper-linger", paramLabel = "TIME", defaultValue = "300s",
            description = {"How long the keeper waits for the next agent once nobody else is connected any more"
                    + " (default: ${DEFAULT-VALUE})."})
    private Duration keeperLinger;

    @Option(names = "--replace",
            description = {"Take the place of the agent that runs, which is killed: VMs, drivers and packets on their way do not"
                    + " notice. For upgrades; starts also if none runs."})
    private boolean replace;

    @Option(names = "--log-format", paramLabel = "text|json", defaultValue = "text",
            description = "Form of the log on standard error (default: ${DEFAULT-VALUE}).")
    private String logFormat;

    @Option(names = "--verbose",
            description = "Log more.")
    private boolean verbose;
    // spotless:on

    /**
     * Runs the agent.
     *
     * @param args command line
     */
    public static void main(String[] args) {
        EnoughDescriptors.orExit("virt_compute", NEEDED_DESCRIPTORS);
        System.exit(commandLine().execute(args));
    }

    /** {@return the command line, for main and for tests} */
    static CommandLine commandLine() {
        return OneLineErrors.of(new CommandLine(new VirtComputeMain()).setCaseInsensitiveEnumValuesAllowed(true),
                List.of());
    }

    @Override
    public Integer call() {
        AgentSettings settings = settings();
        LogSetup.configure(logFormat.equals("json") ? LogFormat.JSON : LogFormat.TEXT, verbose);
        Umask.set(PRIVATE_UMASK);
        Agent agent = new Agent(settings);
        Thread stopper = new Thread(() -> stop(agent), "stop");
        Runtime.getRuntime().addShutdownHook(stopper);
        try {
            if (replace) {
                AgentReplacement.endAgent(settings.runDirectory());
            }
            agent.start();
        } catch (StartException | RegionException | OsException | IllegalArgumentException e) {
            return failed(stopper, e, e.getMessage());
        } catch (OutOfMemoryError e) {
            return failed(stopper, e, "memory short: reason=\"" + e.getMessage() + "\": " + OneLineErrors.MORE_MEMORY);
        } catch (RuntimeException e) {
            LOG.error("event=start_failed error={}", e.toString(), e);
            return failed(stopper, e, "the agent could not start: " + e);
        }
        System.out.println(agent.readyLine());
        System.out.flush();
        // Looks into every jar: one that is not open once descriptors are short would be lost to this process for good.
        LOG.debug("event=jars_open found={}", VirtComputeMain.class.getClassLoader().getResource("no-such-resource"));
        awaitSignal();
        return CommandLine.ExitCode.OK;
    }

    /** Says why the agent did not start, unless a signal came meanwhile: then that is why, and the hook ends the process. */
    private int failed(Thread stopper, Throwable failure, String message) {
        try {
            // The hook would turn this failure into success.
            Runtime.getRuntime().removeShutdownHook(stopper);
        } catch (IllegalStateException stopping) {
            LOG.debug("event=stopped_while_starting error={}", failure.toString());
            return CommandLine.ExitCode.OK;
        }
        return failure instanceof IllegalArgumentException
                ? OneLineErrors.wrongUsage(spec.commandLine(), message)
                : OneLineErrors.failed(spec.commandLine(), message);
    }

    private static void awaitSignal() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A JVM that a signal ends has a status above 128; a stop on demand is a success, so it is ended by hand. */
    private static void stop(Agent agent) {
        LOG.info("event=agent_stopping");
        agent.close();
        LOG.info("event=agent_stopped");
        Runtime.getRuntime().halt(CommandLine.ExitCode.OK);
    }

    private AgentSettings settings() {
        try {
            long bytes = MemorySize.parse("memory", memory);
            PageSizeChoice pages = pages();
            long limit = memoryLimit == null ? RegionSettings.NO_LIMIT : MemorySize.parse("memory-limit", memoryLimit);
            if (!logFormat.toLowerCase(Locale.ROOT).equals(logFormat)
                    || !(logFormat.equals("text") || logFormat.equals("json"))) {
                throw new IllegalArgumentException("log format must be text or json: log-format=" + logFormat);
            }
            return new AgentSettings(RunDirectory.of(runDirectory, System.getenv()),
                    new RegionSettings(bytes, pages, limit, busAddresses), mode(), socketOwner, socketGroup,
                    new AllowedPeers(allowedUids, allowedGids), keeper());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private PageSizeChoice pages() {
        PageSizeChoice choice = PageSizeChoice.parse(pageSize);
        if (noHuge && choice != PageSizeChoice.AUTO) {
            throw new IllegalArgumentException("ordinary memory has no hugepages: --no-huge --page-size=" + pageSize
                    + ": leave one of them out");
        }
        return noHuge ? PageSizeChoice.ORDINARY : choice;
    }

    private KeeperSettings keeper() {
        if (keeperLinger.compareTo(MAX_LINGER) > 0) {
            throw new IllegalArgumentException("the keeper waits no longer than " + MAX_LINGER.toHours()
                    + "h: keeper-linger=" + keeperLinger.toSeconds());
        }
        if (keeper.equals("no") && spec.commandLine().getParseResult().hasMatchedOption("--keeper-linger")) {
            throw new IllegalArgumentException("there is no keeper that could wait: --keeper=no --keeper-linger="
                    + keeperLinger.toSeconds() + ": leave one of them out");
        }
        return switch (keeper) {
            case "yes" -> KeeperSettings.lingering(keeperLinger);
            case "no" -> KeeperSettings.NONE;
            default -> throw new IllegalArgumentException("keeper must be yes or no: keeper=" + keeper);
        };
    }

    private OptionalInt mode() {
        if (socketMode == null) {
            return OptionalInt.empty();
        }
        if (!socketMode.matches("0*[0-7]{1,3}")) {
            throw new IllegalArgumentException("socket mode must be octal, 0 to 0777: socket-mode=" + socketMode
                    + ": write 0660");
        }
        return OptionalInt.of(Integer.parseInt(socketMode, 8));
    }
}
