// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.command;

import io.vlink.guest.GuestDevice;
import io.vlink.guest.GuestLink;
import io.vlink.guest.GuestPort;
import io.vlink.traffic.worker.StopSignal;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * What the commands that move packets have in common: a plan from options, a device and its links, which are attached all or
 * none and left at the end, and signals that ask for an end. One thread.
 *
 * @param <P> what the options ask for, checked as far as it can be before the device is opened
 */
abstract class TrafficCommand<P> implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private DeviceOptions device;

    @Mixin
    private LinkOptions links;

    @Override
    public final Integer call() {
        links.givenTwice().ifPresent(name -> {
            throw wrong("link must be given once: link=" + name + ": leave one out");
        });
        P plan = plan();
        StopSignal stop = StopSignal.install();
        int status = 1;
        try {
            status = attachAndWork(plan, stop);
            return status;
        } finally {
            stop.finished(status);
        }
    }

    private int attachAndWork(P plan, StopSignal stop) {
        try (GuestDevice guest = device.openBound(err())) {
            List<GuestLink> chosen = links.of(guest);
            List<GuestPort> ports = LinkOptions.open(guest, chosen);
            try {
                return work(plan, guest, ports, stop);
            } finally {
                ports.forEach(GuestPort::close);
            }
        }
    }

    /**
     * Checks the options of this command.
     *
     * @return what they ask for
     * @throws ParameterException one line: wrong usage
     */
    abstract P plan();

    /**
     * Does what was asked for.
     *
     * @param plan  from {@link #plan}
     * @param guest the device; closed afterwards
     * @param ports not joined, so that what does not fit them can still be refused; closed afterwards
     * @param stop  asks it to stop
     * @return exit status
     */
    abstract int work(P plan, GuestDevice guest, List<GuestPort> ports, StopSignal stop);

    /** {@return wrong usage of this command, for the caller to throw} */
    final ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** {@return for results} */
    final PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /** {@return for everything else} */
    final PrintWriter err() {
        return spec.commandLine().getErr();
    }
}
