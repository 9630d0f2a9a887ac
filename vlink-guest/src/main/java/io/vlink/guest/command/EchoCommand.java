// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.command;

import io.vlink.guest.GuestDevice;
import io.vlink.guest.GuestLink;
import io.vlink.guest.GuestQueue;
import io.vlink.guest.device.DeviceException;
import io.vlink.guest.echo.EchoLoop;
import io.vlink.guest.echo.Idle;
import java.io.Console;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vlink-guest echo}. */
@Command(name = "echo", description = "Sends every packet back, MAC addresses swapped.", mixinStandardHelpOptions = true)
public final class EchoCommand implements Callable<Integer> {
    private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    @Spec
    private CommandSpec spec;

    @Mixin
    private DeviceOptions device;

    @Option(names = "--link", paramLabel = "NAME", description = "only this link (default: all)")
    private String link;

    @Option(names = "--channel", paramLabel = "N", description = "only this data channel, from 1 (default: all)")
    private int channel;

    @Option(names = "--burst", paramLabel = "N", defaultValue = "32", description = "packets at a time (default: 32)")
    private int burst;

    @Option(names = "--idle", paramLabel = "spin|yield|park", defaultValue = "park", description = "when idle (default: park)")
    private Idle.Limit idle;

    @Option(names = "--count", paramLabel = "N", description = "end after so many packets")
    private long count;

    @Option(names = "--duration", paramLabel = "SECONDS", description = "end after so many seconds")
    private long seconds;

    @Option(names = "--stats", paramLabel = "SECONDS", description = "a line of counts every so many seconds")
    private long statsSeconds;

    @Option(names = "--json", description = "the counts at the end as one JSON object")
    private boolean json;

    /** Made by picocli. */
    public EchoCommand() {
    }

    @Override
    public Integer call() {
        checkOptions();
        boolean live = statsSeconds == 0 && !json && isTerminal();
        EchoReport report = new EchoReport(spec.commandLine().getOut(), spec.commandLine().getErr(), live);
        try (GuestDevice guest = device.openBound(spec.commandLine().getErr())) {
            List<GuestLink> links = attach(guest);
            EchoLoop.Plan plan = new EchoLoop.Plan(channel, burst, idle, count, TimeUnit.SECONDS.toNanos(seconds),
                    TimeUnit.SECONDS.toNanos(live ? 1 : statsSeconds));
            EchoLoop echo = new EchoLoop(guest, links, plan, report);
            StopSignal signal = new StopSignal(echo::stop);
            signal.install();
            try {
                printReady(guest, links, echo);
                echo.run();
                echo.drain(echo.isDeviceGone() ? 0 : DRAIN_NANOS);
                for (GuestLink left : links) {
                    left.close();
                }
                report.end(echo.totals(), json);
            } finally {
                signal.finished();
            }
            if (echo.isDeviceGone()) {
                throw new DeviceException(guest.access().goneMessage());
            }
        }
        return 0;
    }

    private List<GuestLink> attach(GuestDevice guest) {
        List<GuestLink> links = link == null ? guest.links() : List.of(guest.link(link));
        if (links.isEmpty()) {
            throw new DeviceException("device has no links: domain=" + guest.domain()
                    + ": add some to its link.config on the host and start this machine again");
        }
        for (GuestLink chosen : links) {
            if (channel > chosen.queueCount()) {
                throw new DeviceException("no such data channel: link=" + chosen.name() + " channel=" + channel
                        + ": it has 1 to " + chosen.queueCount());
            }
        }
        for (GuestLink chosen : links) {
            chosen.attach();
        }
        return links;
    }

    private void printReady(GuestDevice guest, List<GuestLink> links, EchoLoop echo) {
        StringBuilder names = new StringBuilder();
        for (GuestLink chosen : links) {
            names.append(names.isEmpty() ? "" : ",").append(chosen.name());
        }
        spec.commandLine().getOut().println(
                "echo ready link=" + names + " channels=" + echo.channelCount() + " map=" + guest.access().mapMethod());
        spec.commandLine().getOut().flush();
    }

    private void checkOptions() {
        require(burst >= 1 && burst <= GuestQueue.MAX_BURST, "--burst must be 1 to " + GuestQueue.MAX_BURST, burst);
        require(channel >= 0, "--channel must be 1 or more", channel);
        require(count >= 0, "--count must be positive", count);
        require(seconds >= 0, "--duration must be positive", seconds);
        require(statsSeconds >= 0, "--stats must be positive", statsSeconds);
    }

    private void require(boolean good, String rule, long value) {
        if (!good) {
            throw new ParameterException(spec.commandLine(), rule + ": " + value);
        }
    }

    @SuppressWarnings("SystemConsoleNull") // in JDK 25 it is null again unless both streams are a terminal
    private static boolean isTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }
}
