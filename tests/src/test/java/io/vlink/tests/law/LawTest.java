// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.law;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vlink.agent.tools.AgentClient;
import io.vlink.hostpmd.VdevArguments;
import io.vlink.hostpmd.VlinkPort;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.control.Role;
import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.ManagedProcess;
import io.vlink.tests.lab.Pktgen;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A real agent, a guest that echoes over vfio-user, and what the agent reports of their packets; every packet's address is
 * translated twice on either side.
 */
class LawTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final int SAMPLES = 20;
    private static final int PACKETS = 100;

    private final Lab lab = Lab.create();
    private AgentClient agent;

    @AfterEach
    void tearDown() {
        if (agent != null) {
            agent.close();
        }
        lab.close();
    }

    private void startEcho(String linkOptions) {
        AgentProcess process = AgentProcess.start(lab, "--no-huge", "--memory", "64M", "--bus-addresses",
                "random");
        String config = lab.write("link.config", "tap123 52:54:00:00:00:01 3 " + linkOptions + "\n").toString();
        String socket = process.vlinkctl("register", "vm_domain=law,init_config=" + config).getLast();
        ManagedProcess echo = lab.start("vlink-guest",
                List.of(lab.program("vlink-guest"), "echo", "--vfio-user", socket));
        echo.awaitLine("it was ready to echo", line -> line.contains("echo ready"), LIMIT);
        agent = new AgentClient(new RunDirectory(lab.runDirectory()), Role.TOOL);
    }

    /** What the agent says of the only link. */
    private Map<?, ?> link() {
        Map<?, ?> domain = (Map<?, ?>) ((List<?>) JsonLine.read(agent.report()).get("domains")).getFirst();
        return (Map<?, ?>) ((List<?>) domain.get("links")).getFirst();
    }

    private static long number(Map<?, ?> link, String direction, String name) {
        return ((Number) ((Map<?, ?>) link.get(direction)).get(name)).longValue();
    }

    private static void assertHolds(Map<?, ?> link) {
        for (String direction : List.of("hostToGuest", "guestToHost")) {
            assertThat(((Map<?, ?>) link.get(direction)).get("holds")).as("%s of %s", direction, link).isEqualTo(true);
        }
        assertThat(((Map<?, ?>) link.get("ledger")).get("complete")).as("ledger").isEqualTo(true);
    }

    @Test
    void isExactAtRestAlsoWithPacketsThatNobodyHasTakenYet() {
        startEcho("queue_size=256");
        try (VlinkPort port = VlinkPort.attach(VdevArguments.parse("eth_vlink0,link=tap123,mode=mq"),
                lab.runDirectory())) {
            assertThat(port.waitUntilUp(LIMIT)).isTrue();
            PacketBurst burst = new PacketBurst(PACKETS);
            assertThat(port.alloc(burst, PACKETS)).isEqualTo(PACKETS);
            for (int i = 0; i < PACKETS; i++) {
                burst.length(i, 64);
            }
            assertThat(port.txBurst(0, burst)).isEqualTo(PACKETS);
            await().atMost(LIMIT).until(() -> number(link(), "guestToHost", "sent") == PACKETS);
            assertExact(link(), PACKETS);
            burst.clear();
            await().atMost(LIMIT).until(() -> {
                port.rxBurst(0, burst);
                return burst.count() == PACKETS;
            });
            assertExact(link(), 0);
            port.free(burst);
            assertThat(link().get("state")).isEqualTo("up");
        }
    }

    @Test
    void isNotJudgedWhereADriverStartedAnEpochAndLeftBeforeItBegan() {
        startEcho("");
        VdevArguments arguments = VdevArguments.parse("eth_vlink0,link=tap123,mode=mq");
        echoOnePacket(arguments);
        try (VlinkPort neverPolls = VlinkPort.attach(arguments, lab.runDirectory())) {
            neverPolls.start();
            await().atMost(LIMIT).until(() -> link().get("guestLane"),
                    lane -> "initialized".equals(((Map<?, ?>) lane).get("state"))
                            && ((Map<?, ?>) lane).get("epoch").equals(epochOfTheHost()));
        }
        await().atMost(LIMIT).untilAsserted(() -> assertThat(link().get("driverPid")).isEqualTo(0L));
        Map<?, ?> left = link();
        for (String direction : List.of("hostToGuest", "guestToHost")) {
            assertThat(((Map<?, ?>) left.get(direction)).get("holds")).as("%s of %s", direction, left).isNull();
        }
        echoOnePacket(arguments);
        assertHolds(link());
    }

    private Object epochOfTheHost() {
        return ((Map<?, ?>) link().get("hostLane")).get("epoch");
    }

    private void echoOnePacket(VdevArguments arguments) {
        try (VlinkPort port = VlinkPort.attach(arguments, lab.runDirectory())) {
            assertThat(port.waitUntilUp(LIMIT)).isTrue();
            PacketBurst burst = new PacketBurst(1);
            assertThat(port.alloc(burst, 1)).isEqualTo(1);
            burst.length(0, 64);
            assertThat(port.txBurst(0, burst)).isEqualTo(1);
            burst.clear();
            await().atMost(LIMIT).until(() -> port.rxBurst(0, burst) == 1);
            port.free(burst);
        }
    }

    private static void assertExact(Map<?, ?> link, long inFlight) {
        assertHolds(link);
        for (String direction : List.of("hostToGuest", "guestToHost")) {
            assertThat(List.of(number(link, direction, "sent"), number(link, direction, "difference"),
                    number(link, direction, "tolerance"), number(link, direction, "dropped"))).as(direction)
                    .containsExactly((long) PACKETS, 0L, 0L, 0L);
        }
        assertThat(number(link, "hostToGuest", "inFlight")).isZero();
        assertThat(number(link, "guestToHost", "inFlight")).isEqualTo(inFlight);
        assertThat(number(link, "guestToHost", "received")).isEqualTo(PACKETS - inFlight);
    }

    @ParameterizedTest(name = "{0}, {1} bytes")
    @CsvSource({"queue_size=512, 64", "queue_size=512 mtu=9000, 9018"})
    void holdsWheneverItIsLookedAtUnderLoad(String linkOptions, String size) {
        startEcho(linkOptions);
        ManagedProcess pktgen = Pktgen.start(lab, "tap123", "--duration", "120", "--size", size);
        long sent = 0;
        for (int i = 0; i < SAMPLES; i++) {
            long before = sent;
            await().atMost(LIMIT).until(() -> !pktgen.isAlive() || number(link(), "guestToHost", "received") > before);
            Map<?, ?> link = link();
            assertHolds(link);
            sent = number(link, "guestToHost", "received");
        }
        assertThat(pktgen.isAlive()).as(pktgen.tail(5)).isTrue();
        pktgen.signal("INT");
        assertThat(Pktgen.finish(pktgen, LIMIT).count("lost")).isZero();
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(link().get("driverPid")).isEqualTo(0L);
            assertThat(number(link(), "hostToGuest", "difference")).isZero();
            assertThat(number(link(), "guestToHost", "difference")).isZero();
        });
    }
}
