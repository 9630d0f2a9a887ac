// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vlink.tests.lab.GuestVm;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.ManagedProcess;
import io.vlink.tests.lab.Pktgen;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A real QEMU whose agent is killed again and again: the connection is the same, and the guest is not restarted. */
@RequiresQemu
class AgentRecoveryInAMachineTest {
    private static final int DEATHS = 3;

    private final GuestLab guestLab = new GuestLab("tap123 52:54:00:00:00:01 3\n");

    @AfterEach
    void tearDown() {
        guestLab.close();
    }

    private Map<?, ?> domain() {
        List<?> domains = (List<?>) guestLab.agent.status().get("domains");
        return domains.isEmpty() ? Map.of() : (Map<?, ?>) domains.getFirst();
    }

    private long received() {
        Map<?, ?> link = (Map<?, ?>) ((List<?>) domain().get("links")).getFirst();
        return ((Number) ((Map<?, ?>) link.get("guestToHost")).get("received")).longValue();
    }

    private static void assertSameDevice(GuestVm vm, Map<String, Object> before) {
        Map<String, Object> now = JsonLine.read(info(vm));
        for (String fact : List.of("pci", "driver", "map", "kernel")) {
            assertThat(now.get(fact)).as(fact).isEqualTo(before.get(fact)).isNotNull();
        }
        assertThat((List<?>) now.get("links")).hasSameSizeAs((List<?>) before.get("links"));
    }

    private static String info(GuestVm vm) {
        return vm.run("vlink-guest info --json", GuestLab.COMMAND_LIMIT).lines().toList().getLast();
    }

    @Test
    void registersAnswerAgainAndNoPacketIsLostThreeTimesInARow() {
        GuestVm vm = guestLab.boot("pc", "testvm1");
        Map<String, Object> before = JsonLine.read(info(vm));
        vm.startEcho("");
        ManagedProcess pktgen = Pktgen.start(guestLab.lab, "tap123", "--duration", "600");
        for (int death = 0; death < DEATHS; death++) {
            long seen = received();
            await().atMost(GuestLab.TRAFFIC_LIMIT).until(() -> received() > seen + 10_000);
            Object owner = domain().get("pid");

            guestLab.restartAgent();

            assertSameDevice(vm, before);
            assertThat(domain().get("state")).isEqualTo("connected");
            assertThat(domain().get("pid")).isEqualTo(owner);
        }
        pktgen.signal("INT");
        Pktgen.Result result = Pktgen.finish(pktgen, GuestLab.TRAFFIC_LIMIT);
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(result.count("received")).isEqualTo(result.count("sent")).isGreaterThan(DEATHS * 10_000L);
        assertThat(List.of(result.count("lost"), result.count("duplicated"), result.count("corrupt"),
                result.count("reordered"))).as(result.errors()).containsOnly(0L);
        vm.qemu().signal("KILL");
        await().atMost(GuestLab.COMMAND_LIMIT).until(() -> domain().isEmpty());
    }

    /** An answer that came after QEMU had given up on it would cost the device. */
    @Test
    void theDeviceSurvivesAGuestThatReadRegistersWhileTheAgentWasStopped() {
        GuestVm vm = guestLab.boot("pc", "testvm1");
        Map<String, Object> before = JsonLine.read(info(vm));
        guestLab.agent.process().signal("STOP");
        try {
            assertThat(vm.run("vlink-guest info --json || echo no answer", GuestLab.COMMAND_LIMIT))
                    .contains("no answer");
        } finally {
            guestLab.agent.process().signal("CONT");
        }
        assertSameDevice(vm, before);
        assertThat(domain().get("state")).isEqualTo("connected");
    }
}
