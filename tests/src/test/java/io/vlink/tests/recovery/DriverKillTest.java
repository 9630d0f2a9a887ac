// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vlink.agent.tools.AgentClient;
import io.vlink.hostpmd.AttachException;
import io.vlink.hostpmd.VdevArguments;
import io.vlink.hostpmd.VlinkPort;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.control.Role;
import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.ManagedProcess;
import io.vlink.tests.soak.Resources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Drivers that are killed under load, one after the other, on the same link with the same guest. After each the next driver
 * has all buffers back and its packets go round; after every second one the law holds, and agent, keeper and run directory have what
 * they had before the first. {@code -Dvlink.driverKills=1000 -Dvlink.attachMillis=200} is the long form.
 */
class DriverKillTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final int KILLS = Integer.getInteger("vlink.driverKills", 10);
    /** No attach may take longer: 200 for machines that do nothing else, by default what any machine manages. */
    private static final long EACH_MILLIS = Long.getLong("vlink.attachMillis", 30_000);
    /** After each so many kills it is this process that attaches next, and looks at everything. */
    private static final int RUNS_ALREADY = 2;
    private static final int PACKETS = 32;
    private static final String LINK = "tap123";
    /** From the call to attach, made as soon as the other one is killed, until the link is up. */
    private static final Duration ATTACH_LIMIT = Duration.ofMillis(200);

    private final Lab lab = Lab.create();
    private final List<Long> justStarted = new ArrayList<>();
    private final List<Long> runsAlready = new ArrayList<>();
    private Resources before;
    private AgentProcess process;
    private ManagedProcess guest;

    @BeforeEach
    void startAgentAndGuest() {
        process = AgentProcess.start(lab, "--no-huge", "--memory", "64M");
        String config = lab.write("link.config", LINK + " 52:54:00:00:00:01 2 queue_size=256\n").toString();
        String socket = process.vlinkctl("register", "vm_domain=kill,init_config=" + config).getLast();
        guest = lab.start("vlink-guest", List.of(lab.program("vlink-guest"), "echo", "--vfio-user", socket));
        guest.awaitLine("it was ready to echo", line -> line.contains("echo ready"), LIMIT);
    }

    @AfterEach
    void tearDown() {
        lab.close();
    }

    @Test
    void eachKilledDriverLeavesTheNextOneEverything() {
        attachAndCheck(new ArrayList<>());
        assertLawHolds();
        before = resources();
        ManagedProcess driver = null;
        ManagedProcess next = doomed();
        for (int kill = 0; kill < KILLS; kill++) {
            if (driver == null) {
                driver = next;
                attached(driver, new ArrayList<>());
                next = doomed();
            }
            killUnderLoad(driver);
            if (kill % RUNS_ALREADY == RUNS_ALREADY - 1) {
                attachAndCheck(runsAlready);
                assertLawHolds();
                assertNothingLeaks();
                driver = null;
            } else {
                attached(next, justStarted);
                driver = next;
                next = doomed();
            }
        }
        for (ManagedProcess last : List.of(driver == null ? next : driver, next)) {
            last.kill();
            last.close();
        }
        assertThat(guest.isAlive()).as(guest.tail(5)).isTrue();
        System.out.printf("%d drivers killed: next attach in a JVM just started %s; in one that runs already %s%n",
                KILLS,
                told(justStarted), told(runsAlready));
        assertThat(justStarted).allMatch(nanos -> nanos <= EACH_MILLIS * 1_000_000);
        assertThat(runsAlready).allMatch(nanos -> nanos <= EACH_MILLIS * 1_000_000);
    }

    /** A JVM that runs and has done nothing yet but to wait. */
    private ManagedProcess doomed() {
        ManagedProcess driver = ManagedProcess.startInteractive("driver",
                List.of(lab.program("lib/doomed-driver"), lab.runDirectory().toString(), LINK), Map.of());
        driver.awaitLine("it was started", "ready"::equals, LIMIT);
        return driver;
    }

    private void attached(ManagedProcess driver, List<Long> nanos) {
        driver.send("");
        String[] words = driver.awaitLine("it was attached", line -> line.startsWith("attached "), LIMIT).split(" ",
                -1);
        nanos.add(Long.parseLong(words[1]));
        assertThat(words[2]).as("free buffers of %s", words[3]).isEqualTo(words[3]);
    }

    private void killUnderLoad(ManagedProcess driver) {
        try (driver) {
            driver.awaitLine("packets came back", "busy"::equals, LIMIT);
            driver.kill();
        }
    }

    private void attachAndCheck(List<Long> nanos) {
        long start = System.nanoTime();
        try (VlinkPort port = attach()) {
            assertThat(port.waitUntilUp(LIMIT)).isTrue();
            nanos.add(System.nanoTime() - start);
            assertThat(port.freeBuffers()).as("free buffers of %d", port.bufferCount()).isEqualTo(port.bufferCount());
            PacketBurst burst = new PacketBurst(PACKETS);
            assertThat(port.alloc(0, burst, PACKETS)).isEqualTo(PACKETS);
            for (int i = 0; i < PACKETS; i++) {
                burst.length(i, 64);
            }
            assertThat(port.txBurst(0, burst)).isEqualTo(PACKETS);
            burst.clear();
            await().pollDelay(Duration.ZERO).atMost(LIMIT).until(() -> {
                port.rxBurst(0, burst);
                return burst.count() == PACKETS;
            });
            port.free(burst);
            assertThat(port.freeBuffers() + port.lentBuffers()).isEqualTo(port.bufferCount());
        }
    }

    /** The agent learns of a death when the kernel has closed the dead process's socket: a moment later. */
    private VlinkPort attach() {
        VdevArguments arguments = VdevArguments.parse("eth_vlink0,link=" + LINK + ",mode=mq");
        long start = System.nanoTime();
        while (true) {
            try {
                return VlinkPort.attach(arguments, lab.runDirectory());
            } catch (AttachException taken) {
                if (System.nanoTime() - start > LIMIT.toNanos()) {
                    throw taken;
                }
                LockSupport.parkNanos(1_000_000);
            }
        }
    }

    private void assertLawHolds() {
        await().atMost(LIMIT).untilAsserted(() -> {
            Map<?, ?> domain = (Map<?, ?>) ((List<?>) JsonLine.read(report()).get("domains")).getFirst();
            Map<?, ?> link = (Map<?, ?>) ((List<?>) domain.get("links")).getFirst();
            assertThat(link.get("driverPid")).isEqualTo(0L);
            for (String direction : List.of("hostToGuest", "guestToHost")) {
                assertThat(((Map<?, ?>) link.get(direction)).get("holds")).as("%s of %s", direction, link)
                        .isEqualTo(true);
            }
            assertThat(((Map<?, ?>) link.get("ledger")).get("complete")).as("ledger of %s", link).isEqualTo(true);
        });
    }

    /** Over a connection of its own, as the agent closes one that asks for nothing for some time. */
    private String report() {
        try (AgentClient agent = new AgentClient(new RunDirectory(lab.runDirectory()), Role.TOOL)) {
            return agent.report();
        }
    }

    private void assertNothingLeaks() {
        await().atMost(LIMIT).untilAsserted(() -> {
            Resources now = resources();
            assertThat(now).matches(rest -> rest.isWithoutMoreThan(before), "no more than " + before);
            before = now;
        });
    }

    private Resources resources() {
        return Resources.of(process.process().pid(), lab.keeper().orElseThrow().pid(), lab.runDirectory());
    }

    private static String told(List<Long> nanos) {
        if (nanos.isEmpty()) {
            return "never";
        }
        List<Long> sorted = new ArrayList<>(nanos);
        Collections.sort(sorted);
        long late = sorted.stream().filter(each -> each > ATTACH_LIMIT.toNanos()).count();
        return "%d times: median %.1f ms, 99 of 100 within %.1f ms, longest %.1f ms, %d over %d ms".formatted(
                sorted.size(), sorted.get(sorted.size() / 2) / 1e6,
                sorted.get((sorted.size() - 1) * 99 / 100) / 1e6, sorted.getLast() / 1e6, late,
                ATTACH_LIMIT.toMillis());
    }
}
