// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.command;

import io.vlink.guest.GuestDevice;
import io.vlink.guest.GuestLink;
import io.vlink.guest.GuestPort;
import io.vlink.guest.device.DeviceException;
import io.vlink.traffic.echo.EchoEnd;
import io.vlink.traffic.echo.EchoOptions;
import io.vlink.traffic.echo.EchoPlan;
import io.vlink.traffic.echo.EchoRun;
import io.vlink.traffic.echo.EchoVoice;
import io.vlink.traffic.worker.PortQueue;
import io.vlink.traffic.worker.StopSignal;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vlink-guest echo}. */
// spotless:off
@Command(name = "echo", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Sends every packet back, MAC addresses swapped, or sinks it.")
// spotless:on
public final class EchoCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private DeviceOptions device;

    @Mixin
    private LinkOptions links;

    @Option(names = "--channel", paramLabel = "N", description = "only this data channel, from 1 (default: all)")
    private Integer channel;

    @Mixin
    private EchoOptions options;

    /** Made by picocli. */
    public EchoCommand() {
    }

    @Override
    public Integer call() {
        EchoPlan plan = options.plan();
        if (channel != null && channel < 1) {
            throw new ParameterException(spec.commandLine(), "--channel must be 1 or more: " + channel);
        }
        StopSignal stop = StopSignal.install();
        int status = 1;
        try {
            status = echo(plan, stop);
            return status;
        } finally {
            stop.finished(status);
        }
    }

    private int echo(EchoPlan plan, StopSignal stop) {
        PrintWriter err = spec.commandLine().getErr();
        try (GuestDevice guest = device.openBound(err)) {
            List<GuestLink> chosen = links.of(guest);
            checkChannel(chosen);
            List<GuestPort> ports = LinkOptions.attach(guest, chosen);
            EchoEnd end;
            try {
                List<PortQueue> queues = queues(ports);
                String ready = "echo ready link=" + String.join(",", chosen.stream().map(GuestLink::name).toList())
                        + " channels=" + queues.size() + " map=" + guest.access().mapMethod();
                EchoVoice voice = options.voice(spec.commandLine().getOut(), err);
                end = new EchoRun("vlink-guest echo", queues, plan, voice).run(ready, stop);
            } finally {
                ports.forEach(GuestPort::close);
            }
            if (end == EchoEnd.GONE) {
                throw new DeviceException(guest.access().goneMessage());
            }
        }
        return 0;
    }

    private void checkChannel(List<GuestLink> chosen) {
        for (GuestLink link : chosen) {
            if (channel != null && channel > link.queueCount()) {
                throw new DeviceException("no such data channel: link=" + link.name() + " channel=" + channel
                        + ": it has 1 to " + link.queueCount());
            }
        }
    }

    private List<PortQueue> queues(List<GuestPort> ports) {
        if (channel == null) {
            return PortQueue.all(ports);
        }
        return ports.stream().map(port -> new PortQueue(port, channel - 1)).toList();
    }
}
