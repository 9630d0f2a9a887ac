// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.command;

import io.vlink.guest.GuestDevice;
import io.vlink.guest.GuestPort;
import io.vlink.guest.device.DeviceException;
import io.vlink.traffic.echo.EchoEnd;
import io.vlink.traffic.echo.EchoOptions;
import io.vlink.traffic.echo.EchoPlan;
import io.vlink.traffic.echo.EchoRun;
import io.vlink.traffic.worker.PortQueue;
import io.vlink.traffic.worker.StopSignal;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vlink-guest echo}. */
// spotless:off
@Command(name = "echo", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Sends every packet back, MAC addresses swapped, or sinks it.",
        footer = {"", EchoOptions.EXIT_STATUS})
// spotless:on
public final class EchoCommand extends TrafficCommand<EchoPlan> {
    @Option(names = "--channel", paramLabel = "N", description = "only this data channel, from 1 (default: all)")
    private Integer channel;

    @Mixin
    private EchoOptions options;

    /** Made by picocli. */
    public EchoCommand() {
    }

    @Override
    EchoPlan plan() {
        if (channel != null && channel < 1) {
            throw wrong("channel must be 1 or more: channel=" + channel);
        }
        return options.plan();
    }

    @Override
    int work(EchoPlan plan, GuestDevice guest, List<GuestPort> ports, StopSignal stop) {
        List<PortQueue> queues = queues(ports);
        String ready = "echo ready link=" + String.join(",", ports.stream().map(GuestPort::link).toList())
                + " channels=" + queues.size() + " map=" + guest.access().mapMethod();
        EchoEnd end = new EchoRun("vlink-guest echo", queues, plan, options.voice(out(), err())).run(ready, stop);
        if (end == EchoEnd.GONE) {
            throw new DeviceException(guest.access().goneMessage());
        }
        return 0;
    }

    private List<PortQueue> queues(List<GuestPort> ports) {
        if (channel == null) {
            return PortQueue.all(ports);
        }
        for (GuestPort port : ports) {
            if (channel > port.queues()) {
                throw new DeviceException("no such data channel: link=" + port.link() + " channel=" + channel
                        + ": it has 1 to " + port.queues());
            }
        }
        return ports.stream().map(port -> new PortQueue(port, channel - 1)).toList();
    }
}
