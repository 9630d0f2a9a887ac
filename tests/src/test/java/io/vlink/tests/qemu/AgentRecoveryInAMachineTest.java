// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vlink.tests.lab.GuestVm;
import io.vlink.tests.lab.ManagedProcess;
import io.vlink.tests.lab.Pktgen;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A real QEMU whose agent is killed again and again: the connection is the same, and the guest is not restarted. One boot. */
@RequiresQemu
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AgentRecoveryInAMachineTest {
    private static final int DEATHS = 3;

    private GuestLab guestLab;
    private GuestVm vm;

    @BeforeAll
    void boot() {
        guestLab = new GuestLab("tap123 52:54:00:00:00:01 3\n");
        vm = guestLab.boot("pc", "testvm1");
    }

    /** Also the last of several agents sees that QEMU has gone. */
    @AfterAll
    void theDomainGoesWithItsQemu() {
        if (guestLab == null) {
            return;
        }
        try {
            if (vm != null) {
                vm.qemu().signal("KILL");
                await().atMost(GuestLab.COMMAND_LIMIT).until(() -> domain().isEmpty());
            }
        } finally {
            guestLab.close();
        }
    }

    private Map<?, ?> domain() {
        return guestLab.domain("testvm1");
    }

    private long received() {
        Map<?, ?> link = (Map<?, ?>) ((List<?>) domain().get("links")).getFirst();
        return ((Number) ((Map<?, ?>) link.get("guestToHost")).get("received")).longValue();
    }

    @Test
    void registersAnswerAgainAndNoPacketIsLostThreeTimesInARow() {
        Map<String, Object> before = GuestLab.info(vm);
        vm.startEcho("");
        ManagedProcess pktgen = Pktgen.start(guestLab.lab, "tap123", "--duration", "600");
        for (int death = 0; death < DEATHS; death++) {
            long seen = received();
            await().atMost(GuestLab.TRAFFIC_LIMIT).until(() -> received() > seen + 10_000);
            Object owner = domain().get("pid");

            guestLab.restartAgent();

            GuestLab.assertSameDevice(vm, before);
            assertThat(domain().get("state")).isEqualTo("connected");
            assertThat(domain().get("pid")).isEqualTo(owner);
        }
        pktgen.signal("INT");
        Pktgen.Result result = Pktgen.finish(pktgen, GuestLab.TRAFFIC_LIMIT);
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(result.count("received")).isEqualTo(result.count("sent")).isGreaterThan(DEATHS * 10_000L);
        assertThat(List.of(result.count("lost"), result.count("duplicated"), result.count("corrupt"),
                result.count("reordered"))).as(result.errors()).containsOnly(0L);
        vm.stopEcho("TERM");
    }

    /** An answer that came after QEMU had given up on it would cost the device. */
    @Test
    void theDeviceSurvivesAGuestThatReadRegistersWhileTheAgentWasStopped() {
        Map<String, Object> before = GuestLab.info(vm);
        guestLab.agent.process().signal("STOP");
        try {
            assertThat(vm.run("vlink-guest info --json || echo no answer", GuestLab.COMMAND_LIMIT))
                    .contains("no answer");
        } finally {
            guestLab.agent.process().signal("CONT");
        }
        GuestLab.assertSameDevice(vm, before);
        assertThat(domain().get("state")).isEqualTo("connected");
    }
}
