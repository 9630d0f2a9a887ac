// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.demo;

import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.GuestVm;
import io.vlink.tests.lab.HugePageReservation;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import io.vlink.tests.lab.ManagedProcess;
import io.vlink.tests.lab.Pktgen;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The steps of the demo, in order. One thread. */
final class Demo {
    private static final String LINK = "tap123";
    private static final String SECOND_LINK = "tap124";
    private static final String DOMAIN = "testvm1";
    // Two data channels each: the third is the control channel.
    private static final String LINK_CONFIG = LINK + " 52:54:00:00:00:01 3\n" + SECOND_LINK + " 52:54:00:00:00:02 3\n";
    private static final long REGION_PAGES = 512;

    private final Lab lab;
    private final Plan plan;
    private final long started = System.nanoTime();

    /** What is asked for on the command line. */
    record Plan(boolean local, String machine, String accelerator, long packets, long guestPackets, boolean keep) {
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
        DemoGuest guest = plan.local() ? attachLocally(agent, linkConfig) : bootGuest(linkConfig);
        Map<String, Object> guestToHost = fromGuest(guest);
        Map<String, Object> hostToGuest = fromHost(guest);
        return new DemoReport(guest.accelerator(), guest.qemuVersion(), guest.info(), region(agent), hostToGuest,
                guestToHost);
    }

    private DemoGuest attachLocally(AgentProcess agent, Path linkConfig) {
        say("attaching vlink-guest to the device socket, without a VM");
        return new LocalGuest(lab,
                agent.vlinkctl("register", "vm_domain=" + DOMAIN + ",init_config=" + linkConfig).getLast());
    }

    private DemoGuest bootGuest(Path linkConfig) {
        return new VmGuest(lab, new GuestVm.Plan(plan.machine(), plan.accelerator(), DOMAIN, linkConfig, List.of()),
                this::say);
    }

    private Map<String, Object> fromGuest(DemoGuest guest) {
        try (ManagedProcess echo = lab.start("vlink-echo",
                List.of(lab.program("vlink-echo"), "--run-dir", lab.runDirectory().toString(), vdev(0, LINK),
                        vdev(1, SECOND_LINK)))) {
            echo.awaitLine("it was ready to echo", line -> line.contains("echo ready"), DemoGuest.COMMAND_LIMIT);
            say("vlink-echo runs on the host; vlink-guest pktgen sends " + plan.guestPackets() + " packets to " + LINK
                    + " and " + SECOND_LINK);
            return guest.generate(plan.guestPackets());
        }
    }

    private static String vdev(int number, String link) {
        return "--vdev=eth_vlink" + number + ",link=" + link + ",mode=mq";
    }

    /** Comes last, because its echo stays for a user who keeps the demo up. */
    private Map<String, Object> fromHost(DemoGuest guest) {
        guest.startEcho();
        say("vlink-guest echo runs in the guest; pktgen on the host sends " + plan.packets() + " packets to " + LINK);
        return Pktgen.run(lab, LINK, DemoGuest.TRAFFIC_LIMIT, "--count", Long.toString(plan.packets())).json();
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
