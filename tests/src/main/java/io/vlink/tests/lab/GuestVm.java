// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A booted guest: a stock QEMU behind {@code bin/vlink-qemu}, Debian's kernel, our programs. Ends with its lab. */
public final class GuestVm implements AutoCloseable {
    private static final Duration BOOT_LIMIT = Duration.ofMinutes(5);
    private static final Duration KVM_BOOT_LIMIT = Duration.ofSeconds(10);
    private static final Duration COMMAND_LIMIT = Duration.ofMinutes(5);
    private static final String READY = "VLINK-GUEST-READY";

    private final ManagedProcess qemu;
    private final GuestShell shell;
    private final String accelerator;

    private GuestVm(ManagedProcess qemu, GuestShell shell, String accelerator) {
        this.qemu = qemu;
        this.shell = shell;
        this.accelerator = accelerator;
    }

    /**
     * What to boot.
     *
     * @param machine     QEMU machine, {@code pc} or {@code q35}
     * @param accelerator {@code kvm} or {@code tcg}
     * @param domain      vm_domain of the device
     * @param linkConfig  its link.config
     * @param extra       further QEMU arguments
     */
    public record Plan(String machine, String accelerator, String domain, Path linkConfig, List<String> extra) {
        /** {@return the same with another accelerator} */
        Plan with(String otherAccelerator) {
            return new Plan(machine, otherAccelerator, domain, linkConfig, extra);
        }

        /**
         * The same with more QEMU arguments.
         *
         * @param more further arguments, behind all others
         * @return the plan
         */
        public Plan withExtra(List<String> more) {
            List<String> all = new ArrayList<>(extra);
            all.addAll(more);
            return new Plan(machine, accelerator, domain, linkConfig, all);
        }
    }

    /**
     * Boots a guest and waits for its shell. With accelerator {@code auto} it tries KVM first, for a limited time.
     *
     * @param lab      where it runs
     * @param plan     what to boot
     * @param progress is told in words when KVM is given up
     * @return the guest
     */
    public static GuestVm boot(Lab lab, Plan plan, java.util.function.Consumer<String> progress) {
        if (!plan.accelerator().equals("auto")) {
            return boot(lab, plan, plan.accelerator().equals("kvm") ? KVM_BOOT_LIMIT : BOOT_LIMIT);
        }
        if (Path.of("/dev/kvm").toFile().canWrite()) {
            try {
                return boot(lab, plan.with("kvm"), KVM_BOOT_LIMIT);
            } catch (LabException e) {
                progress.accept("KVM does not run this kernel here (" + e.getMessage() + "): using TCG");
            }
        } else {
            progress.accept("/dev/kvm is not usable: using TCG");
        }
        return boot(lab, plan.with("tcg"), BOOT_LIMIT);
    }

    private static GuestVm boot(Lab lab, Plan plan, Duration limit) {
        Path socket = lab.directory().resolve(plan.domain() + "-" + plan.accelerator() + "-shell.sock");
        List<String> command = new ArrayList<>(List.of(lab.program("vlink-qemu"), "--run-dir",
                lab.runDirectory().toString(), "-M", plan.machine() + ",accel=" + plan.accelerator(), "-m", "1G",
                "-nodefaults", "-display", "none", "-no-reboot", "-kernel", required("VLINK_GUEST_KERNEL"), "-initrd",
                required("VLINK_GUEST_INITRD"), "-append", required("VLINK_GUEST_APPEND"), "-serial", "stdio",
                "-serial",
                "unix:" + socket + ",server=on,wait=off"));
        if (plan.accelerator().equals("kvm")) {
            command.addAll(List.of("-cpu", "host"));
        }
        command.addAll(List.of("-device", "pci-vlink,vm_domain=" + plan.domain() + ",init_config=" + plan.linkConfig()
                + (plan.machine().startsWith("q35") ? ",bar=64" : "")));
        command.addAll(plan.extra());
        ManagedProcess qemu = lab.start("qemu-" + plan.domain(), command);
        try {
            qemu.awaitLine("the guest's kernel and shell came up", line -> line.contains(READY), limit);
        } catch (LabException e) {
            qemu.close();
            throw e;
        }
        return new GuestVm(qemu, lab.keep(new GuestShell(socket)), plan.accelerator());
    }

    /**
     * A variable that {@code bin/setup --print-env} sets.
     *
     * @param variable its name
     * @return its value
     * @throws LabException if it is not set
     */
    public static String required(String variable) {
        String value = System.getenv(variable);
        if (value == null || value.isEmpty()) {
            throw new LabException(variable + " is not set: run through bin/demo or bin/verify, or: eval \"$(bin/setup"
                    + " --print-env)\"", "");
        }
        return value;
    }

    /**
     * Runs a command in the guest; it must succeed.
     *
     * @param command one line of shell
     * @param limit   at most so long
     * @return what it printed
     */
    public String run(String command, Duration limit) {
        GuestShell.Result result = shell.run(command, limit);
        if (result.status() != 0) {
            throw new LabException("guest command failed: status=" + result.status() + " command=" + command,
                    result.output() + "\n" + qemu.tail(10));
        }
        return result.output();
    }

    /**
     * Starts {@code vlink-guest echo} in the background and waits until it is ready.
     *
     * @param options its options; may be empty
     */
    public void startEcho(String options) {
        run("vlink-guest echo " + options + " >/tmp/echo.log 2>&1 & echo $! >/tmp/echo.pid", COMMAND_LIMIT);
        run("n=0; until grep -q 'echo ready' /tmp/echo.log; do n=$((n+1)); kill -0 $(cat /tmp/echo.pid) && [ $n -lt 2000 ]"
                + " || { cat /tmp/echo.log; false; break; }; usleep 100000; done; grep -q 'echo ready' /tmp/echo.log",
                COMMAND_LIMIT);
    }

    /**
     * Ends the echo that {@link #startEcho} started, and waits for it.
     *
     * @param signal name as for {@code kill -s}
     * @return what it had printed
     */
    public String stopEcho(String signal) {
        return run("kill -s " + signal + " $(cat /tmp/echo.pid); while kill -0 $(cat /tmp/echo.pid) 2>/dev/null; do"
                + " usleep 50000; done; cat /tmp/echo.log", COMMAND_LIMIT);
    }

    /**
     * Resets the machine from inside, without a word to its programs, and waits until the guest is there again. QEMU must be
     * allowed to, with {@code -action reboot=reset} among the plan's arguments.
     */
    public void reset() {
        long before = timesReady();
        run("(sleep 1; echo b >/proc/sysrq-trigger) & true", COMMAND_LIMIT);
        Patience.await("the guest came back from a reset", BOOT_LIMIT, qemu, () -> timesReady() > before);
    }

    private long timesReady() {
        return qemu.allLines().stream().filter(line -> line.contains(READY)).count();
    }

    /** Ends QEMU, unless it has ended, and the connection to the shell. */
    @Override
    public void close() {
        try (shell) {
            qemu.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return the guest's root shell} */
    public GuestShell shell() {
        return shell;
    }

    /** {@return the QEMU process} */
    public ManagedProcess qemu() {
        return qemu;
    }

    /** {@return {@code kvm} or {@code tcg}} */
    public String accelerator() {
        return accelerator;
    }
}
