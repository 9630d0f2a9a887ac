// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

import io.vlink.agent.log.LogFormat;
import io.vlink.agent.log.LogSetup;
import io.vlink.infra.command.BuildVersion;
import io.vlink.infra.command.EnoughDescriptors;
import io.vlink.infra.command.OneLineErrors;
import io.vlink.linkconfig.LinkConfig;
import io.vlink.linkconfig.VmDomainName;
import io.vlink.spec.control.Role;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Looks into a running agent, and registers domains that no {@code vlink-qemu} starts. */
// spotless:off
@Command(name = "vlinkctl", mixinStandardHelpOptions = true, versionProvider = BuildVersion.class,
        synopsisSubcommandLabel = "COMMAND", usageHelpAutoWidth = true,
        description = "Asks a running virt_compute.",
        footer = {"", "Exit status: 0 fine, 1 failed, 2 wrong usage."})
// spotless:on
public final class VlinkctlMain {
    @Mixin
    private AgentOptions options;

    private static final int NEEDED_DESCRIPTORS = 32;

    private VlinkctlMain() {
    }

    /**
     * Runs the tool.
     *
     * @param args command line
     */
    public static void main(String[] args) {
        EnoughDescriptors.orExit("vlinkctl", NEEDED_DESCRIPTORS);
        LogSetup.configure(LogFormat.TEXT, false);
        System.exit(commandLine().execute(args));
    }

    /** {@return the command line, for main and for tests} */
    static CommandLine commandLine() {
        return OneLineErrors.of(new CommandLine(new VlinkctlMain()), List.of())
                .setExecutionExceptionHandler(ToolException::print);
    }

    // spotless:off
    @Command(name = "status", mixinStandardHelpOptions = true,
            description = "Shows regions, domains, links, lanes and counters.")
    int status(@Option(names = "--json", description = "One JSON object on one line.") boolean json) {
        // spotless:on
        String report = options.ask(AgentClient::report);
        System.out.print(json ? report + "\n" : StatusTable.of(JsonTree.parse(report)));
        System.out.flush();
        return CommandLine.ExitCode.OK;
    }

    // spotless:off
    @Command(name = "register", mixinStandardHelpOptions = true,
            description = "Registers a domain until it is unregistered, and prints the path of its device socket.")
    int register(@Parameters(paramLabel = "PROPERTIES",
            description = "vm_domain=NAME,init_config=FILE[,bar=32|64][,trust_group=NAME][,max_channel=N]")
            String properties) {
        // spotless:on
        DeviceOption option = DeviceOption.parse(properties, "vlinkctl register ", List.of());
        LinkConfig links = AgentClient.links(option);
        try (AgentClient agent = options.connect(Role.TOOL)) {
            System.out.println(agent.register(option, links));
        }
        return CommandLine.ExitCode.OK;
    }

    // spotless:off
    @Command(name = "unregister", mixinStandardHelpOptions = true, description = "Removes a registered domain.")
    int unregister(@Parameters(paramLabel = "NAME", description = "Name of the domain.") String name) {
        // spotless:on
        try {
            VmDomainName.check(name);
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage());
        }
        try (AgentClient agent = options.connect(Role.TOOL)) {
            agent.unregister(name);
        }
        return CommandLine.ExitCode.OK;
    }
}
