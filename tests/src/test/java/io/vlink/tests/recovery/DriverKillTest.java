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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
 * has all buffers back, its packets go round, the law holds, and the agent has as many descriptors open as before.
 * {@code -Dvlink.driverKills=1000} is the long form.
 */
class DriverKillTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final int KILLS = Integer.getInteger("vlink.driverKills", 10);
    private static final int PACKETS = 32;
    private static final String LINK = "tap123";
    /** From the call to attach, made as soon as the other one is killed, until the link is up. */
    private static final Duration ATTACH_LIMIT = Duration.ofMillis(200);

    private final Lab lab = Lab.create();
    private final List<Long> attachNanos = new ArrayList<>();
    private final List<Long> firstAttachNanos = new ArrayList<>();
    private AgentProcess process;
    private AgentClient agent;
    private ManagedProcess guest;

    @BeforeEach
    void startAgentAndGuest() {
        process = AgentProcess.start(lab, "--no-huge", "--memory", "64M");
        String config = lab.write("link.config", LINK + " 52:54:00:00:00:01 2 queue_size=256\n").toString();
        String socket = process.vlinkctl("register", "vm_domain=kill,init_config=" + config).getLast();
        guest = lab.start("vlink-guest", List.of(lab.program("vlink-guest"), "echo", "--vfio-user", socket));
        guest.awaitLine("it was ready to echo", line -> line.contains("echo ready"), LIMIT);
        agent = new AgentClient(new RunDirectory(lab.runDirectory()), Role.TOOL);
    }

    @AfterEach
    void tearDown() {
        agent.close();
        lab.close();
    }

    @Test
    void eachKilledDriverLeavesTheNextOneEverything() {
        ManagedProcess next = doomed();
        int descriptors = -1;
        for (int kill = 0; kill < KILLS; kill++) {
            ManagedProcess driver = next;
            next = kill + 1 < KILLS ? doomed() : null;
            killUnderLoad(driver);
            attachAndCheck();
            assertLawHolds();
            if (descriptors < 0) {
                descriptors = descriptors();
            }
            int before = descriptors;
            await().atMost(LIMIT).untilAsserted(
                    () -> assertThat(descriptors()).as("descriptors of the agent").isLessThanOrEqualTo(before));
        }
        assertThat(guest.isAlive()).as(guest.tail(5)).isTrue();
        System.out.printf("%d drivers killed: next attach %s; attach in a new JVM %s%n", KILLS, told(attachNanos),
                told(firstAttachNanos));
        assertThat(Duration.ofNanos(median(attachNanos))).isLessThan(ATTACH_LIMIT);
    }

    private ManagedProcess doomed() {
        List<String> command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED", "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
                "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "-Xshare:auto", "-cp", System.getProperty("java.class.path"), DoomedDriverMain.class.getName(),
                lab.runDirectory().toString(), LINK);
        return ManagedProcess.startInteractive("driver", command, Map.of());
    }

    private void killUnderLoad(ManagedProcess driver) {
        try (driver) {
            driver.send("");
            String attached = driver.awaitLine("it was attached", line -> line.startsWith("attached "), LIMIT);
            firstAttachNanos.add(Long.parseLong(attached.substring("attached ".length())));
            driver.awaitLine("packets came back", "busy"::equals, LIMIT);
            driver.signal("KILL");
        }
    }

    private void attachAndCheck() {
        long start = System.nanoTime();
        try (VlinkPort port = attach()) {
            assertThat(port.waitUntilUp(LIMIT)).isTrue();
            attachNanos.add(System.nanoTime() - start);
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
            Map<?, ?> domain = (Map<?, ?>) ((List<?>) JsonLine.read(agent.report()).get("domains")).getFirst();
            Map<?, ?> link = (Map<?, ?>) ((List<?>) domain.get("links")).getFirst();
            assertThat(link.get("driverPid")).isEqualTo(0L);
            for (String direction : List.of("hostToGuest", "guestToHost")) {
                assertThat(((Map<?, ?>) link.get(direction)).get("holds")).as("%s of %s", direction, link)
                        .isEqualTo(true);
            }
            assertThat(((Map<?, ?>) link.get("ledger")).get("complete")).as("ledger of %s", link).isEqualTo(true);
        });
    }

    private int descriptors() {
        try (var entries = Files.list(Path.of("/proc/" + process.process().pid() + "/fd"))) {
            return (int) entries.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long median(List<Long> nanos) {
        List<Long> sorted = new ArrayList<>(nanos);
        Collections.sort(sorted);
        return sorted.get(sorted.size() / 2);
    }

    private static String told(List<Long> nanos) {
        return "median %.1f ms, longest %.1f ms".formatted(median(nanos) / 1e6, Collections.max(nanos) / 1e6);
    }
}
