// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import io.vlink.guest.command.BindCommand;
import io.vlink.guest.command.EchoCommand;
import io.vlink.guest.command.InfoCommand;
import io.vlink.guest.command.PktgenCommand;
import io.vlink.guest.command.TormentCommand;
import io.vlink.guest.device.DeviceException;
import io.vlink.infra.command.BuildVersion;
import io.vlink.infra.command.OneLineErrors;
import io.vlink.infra.port.PortException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The guest's program. Exit status: 0 fine, 1 failed, 2 wrong usage. It has to start quickly in an emulated machine, so it
 * loads no more classes than it needs.
 */
// spotless:off
@Command(name = "vlink-guest", description = "Uses a pci-vlink device from inside a guest.",
        versionProvider = BuildVersion.class, mixinStandardHelpOptions = true,
        footer = {"", "Exit status: 0 fine, 1 failed, 2 wrong usage."},
        subcommands = { BindCommand.class, InfoCommand.class, EchoCommand.class, PktgenCommand.class,
                TormentCommand.class })
// spotless:on
public final class VlinkGuestMain implements Runnable {
    @Spec
    private CommandSpec spec;

    private VlinkGuestMain() {
    }

    /**
     * Runs the program and exits.
     *
     * @param arguments see {@code --help}
     */
    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    /**
     * Runs the program.
     *
     * @param arguments see {@code --help}
     * @return exit status
     */
    public static int run(String... arguments) {
        return commandLine().execute(arguments);
    }

    /** {@return the command line, for main and for tests} */
    static CommandLine commandLine() {
        CommandLine program = new CommandLine(new VlinkGuestMain()).setCaseInsensitiveEnumValuesAllowed(true);
        return OneLineErrors.of(program, List.of(DeviceException.class, PortException.class));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing: bind, info, echo, pktgen or torment");
    }
}
