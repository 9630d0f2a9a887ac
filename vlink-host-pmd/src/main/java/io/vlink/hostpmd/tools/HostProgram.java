// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import io.vlink.hostpmd.AttachException;
import io.vlink.hostpmd.VlinkPort;
import io.vlink.infra.command.EnoughDescriptors;
import io.vlink.infra.command.OneLineErrors;
import io.vlink.infra.port.PortException;
import io.vlink.traffic.worker.StopSignal;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * What the host's programs have in common: a plan from options, links that are attached all or none and detached at the end,
 * one-line errors, and signals that ask for an end. One thread.
 *
 * @param <P> what the options ask for, checked as far as it can be before anything is attached
 */
abstract class HostProgram<P> implements Callable<Integer> {
    /** For itself, and for sixteen links while they are attached. */
    private static final int NEEDED_DESCRIPTORS = 64;
    private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    @Spec
    private CommandSpec spec;

    @Mixin
    private VdevOptions vdevs;

    private StopSignal stop = StopSignal.none();

    /** Runs the program until it ends by itself or by a signal, and exits. */
    final void runAndExit(String[] arguments) {
        EnoughDescriptors.orExit(getClass().getAnnotation(CommandLine.Command.class).name(), NEEDED_DESCRIPTORS);
        StopSignal signals = StopSignal.install();
        int status = run(new PrintWriter(System.out, true, System.out.charset()),
                new PrintWriter(System.err, true, System.err.charset()), signals, arguments);
        signals.finished(status);
        System.exit(status);
    }

    /**
     * Runs the program.
     *
     * @param out       gets the result
     * @param err       gets everything else
     * @param signals   tell when to stop
     * @param arguments see {@code --help}
     * @return exit status
     */
    final int run(PrintWriter out, PrintWriter err, StopSignal signals, String... arguments) {
        stop = signals;
        CommandLine program = new CommandLine(this).setOut(out).setErr(err).setCaseInsensitiveEnumValuesAllowed(true);
        return OneLineErrors.of(program, List.of(AttachException.class, PortException.class)).execute(arguments);
    }

    @Override
    public final Integer call() {
        P plan = plan();
        vdevs.check();
        List<VlinkPort> ports = new ArrayList<>();
        try {
            if (!vdevs.isPatient()) {
                ports.addAll(vdevs.open());
            } else if (!openInTheEnd(ports, why -> OneLineErrors.failed(spec.commandLine(), "waiting: " + why))) {
                return OneLineErrors.failed(spec.commandLine(), "stopped while it waited: nothing was done");
            }
            return work(plan, ports, stop);
        } finally {
            ports.forEach(VlinkPort::close);
        }
    }

    /**
     * Attaches to links that are there anew, in other memory: closes the ports and opens all of them again, for as long as it
     * takes.
     *
     * @param ports what {@link #work} was given; afterwards the new ones, none of them joined
     * @return false if a signal came first: then there are no ports
     * @throws AttachException if waiting does not help: then there are none either
     */
    final boolean openAgain(List<VlinkPort> ports) {
        ports.forEach(VlinkPort::close);
        ports.clear();
        return openInTheEnd(ports, why -> {
        });
    }

    /** Tries for as long as waiting may help, and says why it does not succeed, whenever that changes; false after a signal. */
    private boolean openInTheEnd(List<VlinkPort> ports, Consumer<String> waiting) {
        String told = "";
        while (!stop.isRequested()) {
            try {
                ports.addAll(vdevs.open());
                return true;
            } catch (AttachException notYet) {
                if (!notYet.mayPass()) {
                    throw notYet;
                }
                if (!notYet.getMessage().equals(told)) {
                    told = notYet.getMessage();
                    waiting.accept(told);
                }
                LockSupport.parkNanos(AGAIN_NANOS);
            }
        }
        return false;
    }

    /**
     * Checks the options of this program.
     *
     * @return what they ask for
     * @throws CommandLine.ParameterException one line: wrong usage
     */
    abstract P plan();

    /**
     * Does what was asked for.
     *
     * @param plan    from {@link #plan}
     * @param ports   not joined, so that what does not fit them can still be refused; closed afterwards
     * @param signals tell when to stop
     * @return exit status
     */
    abstract int work(P plan, List<VlinkPort> ports, StopSignal signals);

    /** {@return for results} */
    final PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /** {@return for everything else} */
    final PrintWriter err() {
        return spec.commandLine().getErr();
    }

    /** {@return what it means for people that a port is gone, or away} */
    final String agentGone() {
        return "agent gone: run_dir=" + vdevs.runDirectory();
    }

    /** {@return what to do about that} */
    static String remedy() {
        return "start bin/virt_compute and run again";
    }
}
