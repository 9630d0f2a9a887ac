// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import io.vlink.hostpmd.VlinkPort;
import io.vlink.infra.command.BuildVersion;
import io.vlink.traffic.echo.EchoEnd;
import io.vlink.traffic.echo.EchoOptions;
import io.vlink.traffic.echo.EchoPlan;
import io.vlink.traffic.echo.EchoRun;
import io.vlink.traffic.echo.EchoVoice;
import io.vlink.traffic.worker.PortQueue;
import io.vlink.traffic.worker.StopSignal;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * The host's echo: sends back what guests send. While the agent is away it goes on, and a link that is there anew
 * is attached to again, unless it was to end by itself. Exit status: 0 it ended as asked; 1 it failed; 2 wrong usage.
 */
// spotless:off
@Command(name = "vlink-echo", versionProvider = BuildVersion.class, mixinStandardHelpOptions = true, sortOptions = false,
        description = "Sends every packet that a guest sends back to it, MAC addresses swapped, or sinks it.%n"
                + "Runs until --count or --duration is reached, or until Ctrl-C; then reports.",
        footer = {"", EchoOptions.EXIT_STATUS})
// spotless:on
public final class EchoMain extends HostProgram<EchoPlan> {
    private static final int OK = 0;
    private static final int FAILED = 1;

    @Mixin
    private EchoOptions options;

    /** For {@link #main}, and for tests. */
    EchoMain() {
    }

    /**
     * Runs the echo and exits.
     *
     * @param arguments see {@code --help}
     */
    public static void main(String[] arguments) {
        new EchoMain().runAndExit(arguments);
    }

    @Override
    EchoPlan plan() {
        return options.plan();
    }

    @Override
    int work(EchoPlan plan, List<VlinkPort> ports, StopSignal signals) {
        EchoVoice voice = options.voice(out(), err());
        EchoEnd end = echo(plan, ports, voice, signals);
        while (end == EchoEnd.GONE && plan.isUnlimited()) {
            err().println("vlink-echo: link=" + names(ports) + " is there anew, in other memory: attaching to it");
            if (!openAgain(ports)) {
                return OK;
            }
            end = echo(plan, ports, voice, signals);
        }
        if (end == EchoEnd.GONE) {
            err().println("vlink-echo: " + agentGone() + ": " + remedy());
            return FAILED;
        }
        return OK;
    }

    private static EchoEnd echo(EchoPlan plan, List<VlinkPort> ports, EchoVoice voice, StopSignal signals) {
        int channels = ports.stream().mapToInt(VlinkPort::dataChannels).sum();
        String ready = "echo ready link=" + names(ports) + " channels=" + channels;
        return new EchoRun("vlink-echo", PortQueue.all(ports), plan, voice).run(ready, signals);
    }

    private static String names(List<VlinkPort> ports) {
        return ports.stream().map(VlinkPort::link).collect(Collectors.joining(","));
    }
}
