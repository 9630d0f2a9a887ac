// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.demo;

import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.GuestVm;
import io.vlink.tests.lab.HugePageReservation;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import io.vlink.tests.lab.ManagedProcess;
import io.vlink.tests.lab.Pktgen;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The steps of the demo, in order. One thread. */
final class Demo {
    private static final String LINK = "tap123";
    private static final String DOMAIN = "testvm1";
    private static final String LINK_CONFIG = LINK + " 52:54:00:00:00:01 3\n";
    private static final long REGION_PAGES = 512;
    private static final Duration GUEST_COMMAND_LIMIT = Duration.ofMinutes(2);
    private static final Duration TRAFFIC_LIMIT = Duration.ofMinutes(20);

    private final Lab lab;
    private final Plan plan;
    private final long started = System.nanoTime();

    /** What is asked for on the command line. */
    record Plan(boolean local, String machine, String accelerator, long packets, boolean keep) {
    }

    /** The other side of the link, ready and echoing. */
    private record Guest(String accelerator, String qemuVersion, Map<String, Object> info) {
    }

    Demo(Lab lab, Plan plan) {
        this.lab = lab;
        this.plan = plan;
    }

    DemoReport run() {
        say("reserving " + REGION_PAGES + " hugepages of 2 MiB");
        lab.keep(HugePageReservation.of(REGION_PAGES));
        say("starting virt_compute");
        AgentProcess agent = AgentProcess.start(lab, "--memory", "1G", "--page-size", "2M");
        Path linkConfig = lab.write("link.config", LINK_CONFIG);
        Guest guest = plan.local() ? attachLocally(agent, linkConfig) : bootGuest(linkConfig);
        say("pktgen sends " + plan.packets() + " packets to " + LINK);
        Map<String, Object> traffic = runPktgen();
        return new DemoReport(guest.accelerator(), guest.qemuVersion(), guest.info(), region(agent), traffic);
    }

    private Guest attachLocally(AgentProcess agent, Path linkConfig) {
        String socket = agent.vlinkctl("register", "vm_domain=" + DOMAIN + ",init_config=" + linkConfig).getLast();
        say("starting vlink-guest echo on the device socket, without a VM");
        ManagedProcess info = lab.start("vlink-guest",
                List.of(lab.program("vlink-guest"), "info", "--json", "--vfio-user", socket));
        if (info.awaitExit(GUEST_COMMAND_LIMIT) != 0) {
            throw new LabException("vlink-guest info failed", info.tail(10));
        }
        ManagedProcess echo = lab.start("vlink-guest-echo",
                List.of(lab.program("vlink-guest"), "echo", "--vfio-user", socket));
        echo.awaitLine("it was ready to echo", line -> line.contains("echo ready"), GUEST_COMMAND_LIMIT);
        return new Guest("none", "none", JsonLine.read(info.outputLines().getLast()));
    }

    private Guest bootGuest(Path linkConfig) {
        String version = qemuVersion();
        say("booting a Debian guest in QEMU " + version + ", machine " + plan.machine());
        GuestVm vm = GuestVm.boot(lab,
                new GuestVm.Plan(plan.machine(), plan.accelerator(), DOMAIN, linkConfig, List.of()), this::say);
        say("guest is up (" + vm.accelerator() + "); binding the device to uio_pci_generic");
        vm.run("vlink-guest bind", GUEST_COMMAND_LIMIT);
        List<String> info = vm.run("vlink-guest info --json", GUEST_COMMAND_LIMIT).lines().toList();
        vm.startEcho("");
        say("vlink-guest echo runs in the guest");
        return new Guest(vm.accelerator(), version, JsonLine.read(info.getLast()));
    }

    private String qemuVersion() {
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

    private Map<String, Object> runPktgen() {
        Pktgen.Result result = Pktgen.run(lab, LINK, TRAFFIC_LIMIT, "--count", Long.toString(plan.packets()));
        return result.json();
    }

    private static Map<?, ?> region(AgentProcess agent) {
        if (agent.status().get("regions") instanceof List<?> regions && !regions.isEmpty()
                && regions.getFirst() instanceof Map<?, ?> region) {
            return region;
        }
        throw new LabException("vlinkctl status shows no region", agent.process().tail(10));
    }

    /** Waits for the user where --keep was given. */
    void stayUp() {
        if (!plan.keep()) {
            return;
        }
        String runDirectory = lab.runDirectory().toString();
        System.err
                .println("Still up. Join in from another terminal:\n  " + lab.program("vlinkctl") + " status --run-dir "
                        + runDirectory + "\n  " + lab.program("pktgen") + " --run-dir " + runDirectory
                        + " --vdev=eth_vlink0,link="
                        + LINK + ",mode=mq --duration 10");
        if (!plan.local()) {
            System.err.println("A root shell in the guest: socat - UNIX-CONNECT:" + lab.directory() + "/" + DOMAIN
                    + "-*-shell.sock  (this demo holds it; it is yours once you see no other output)");
        }
        System.err.println("End with Ctrl-C.");
        try {
            Thread.currentThread().join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void say(String step) {
        System.err.printf("[%5.1f s] %s%n", (System.nanoTime() - started) / 1e9, step);
    }
}
