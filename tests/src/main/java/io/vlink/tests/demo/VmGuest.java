// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.demo;

import io.vlink.tests.lab.GuestShell;
import io.vlink.tests.lab.GuestVm;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import io.vlink.tests.lab.ManagedProcess;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A guest in a VM of a stock QEMU, told what to do over its shell. One thread. */
final class VmGuest implements DemoGuest {
    private final GuestVm vm;
    private final String qemuVersion;
    private final Map<String, Object> info;

    /**
     * Boots the guest and gives its device to {@code uio_pci_generic}.
     *
     * @param lab      where the agent runs
     * @param plan     what to boot
     * @param progress is told each step in words
     */
    VmGuest(Lab lab, GuestVm.Plan plan, Consumer<String> progress) {
        qemuVersion = qemuVersion(lab);
        progress.accept("booting a Debian guest in QEMU " + qemuVersion + ", machine " + plan.machine());
        vm = GuestVm.boot(lab, plan, progress);
        progress.accept("guest is up (" + vm.accelerator() + "); binding the device to uio_pci_generic");
        vm.run("vlink-guest bind", COMMAND_LIMIT);
        info = JsonLine.read(vm.run("vlink-guest info --json", COMMAND_LIMIT).lines().toList().getLast());
    }

    private static String qemuVersion(Lab lab) {
        String qemu = System.getenv().getOrDefault("VLINK_QEMU", "qemu-system-x86_64");
        ManagedProcess process = lab.start("qemu", List.of(qemu, "--version"));
        process.awaitExit(Duration.ofSeconds(30));
        String line = process.outputLines().isEmpty() ? "" : process.outputLines().getFirst();
        int at = line.indexOf("version ");
        if (at < 0) {
            throw new LabException("QEMU does not tell its version: program=" + qemu, process.tail(5));
        }
        return line.substring(at + "version ".length()).split("[ (]", 2)[0];
    }

    @Override
    public String accelerator() {
        return vm.accelerator();
    }

    @Override
    public String qemuVersion() {
        return qemuVersion;
    }

    @Override
    public Map<String, Object> info() {
        return info;
    }

    @Override
    public Map<String, Object> generate(long packets) {
        // Status 1 with a report means that packets are missing, which is for the demo to say.
        GuestShell.Result result = vm.shell().run(
                "vlink-guest pktgen --json --count " + packets
                        + " 2>/tmp/pktgen.err || { status=$?; cat /tmp/pktgen.err >&2;"
                        + " (exit $status); }",
                TRAFFIC_LIMIT);
        List<String> reports = result.output().lines().filter(line -> line.startsWith("{")).toList();
        return DemoGuest.report("vlink-guest pktgen", result.status(), reports, result.output() + "\n");
    }

    @Override
    public void startEcho() {
        vm.startEcho("");
    }
}
