// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vlink.agent.tools.AgentClient;
import io.vlink.infra.control.ControlConnection;
import io.vlink.infra.control.ControlMessage;
import io.vlink.infra.control.RunDirectory;
import io.vlink.spec.control.Request;
import io.vlink.spec.control.Role;
import io.vlink.spec.control.TlvType;
import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.ManagedProcess;
import io.vlink.tests.lab.Pktgen;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A process that stands still for a while is not dead: nobody gives it up, and nothing is lost. {@code -Dvlink.pauseSeconds=30} is
 * the long form.
 */
class PauseTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Duration PAUSE = Duration.ofSeconds(Integer.getInteger("vlink.pauseSeconds", 2));
    private static final Duration WHILE_ASKED = Duration.ofSeconds(2);

    private final Lab lab = Lab.create();
    private AgentProcess agent;
    private ManagedProcess guest;
    private ManagedProcess pktgen;
    private long keeper;

    @AfterEach
    void tearDown() {
        lab.close();
    }

    private void startTraffic() {
        agent = AgentProcess.start(lab, "--no-huge", "--memory", "64M");
        String config = lab.write("link.config", "tap123 52:54:00:00:00:01 2\n").toString();
        String socket = agent.vlinkctl("register", "vm_domain=pause,init_config=" + config).getLast();
        guest = lab.start("vlink-guest", List.of(lab.program("vlink-guest"), "echo", "--vfio-user", socket));
        guest.awaitLine("it was ready to echo", line -> line.contains("echo ready"), LIMIT);
        pktgen = Pktgen.start(lab, "tap123", "--timeout", "60");
        awaitPackets();
        keeper = keeper();
    }

    private long keeper() {
        return lab.keeper().orElseThrow().pid();
    }

    private long pid(String which) {
        return switch (which) {
            case "virt_compute" -> agent.process().pid();
            case "keeper" -> keeper;
            case "vlink-guest" -> guest.pid();
            default -> pktgen.pid();
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"virt_compute", "keeper", "vlink-guest", "pktgen"})
    void nothingIsLostWhileOneIsStopped(String which) throws InterruptedException {
        startTraffic();
        ManagedProcess.signal(pid(which), "STOP");
        Thread.sleep(PAUSE); // the pause is what is tested
        ManagedProcess.signal(pid(which), "CONT");
        assertNothingIsLost();
    }

    /** In the other tests nobody asks the keeper anything while it stands still; after 5 s it would be replaced. */
    @Test
    void aKeeperThatIsStoppedIsWaitedForByWhoNeedsIt() throws InterruptedException {
        startTraffic();
        ControlMessage registration = ControlMessage.request(Role.TOOL, Request.REGISTER_DOMAIN)
                .addText(TlvType.VM_DOMAIN, "second").addText(TlvType.LINK, "tap9 52:54:00:00:00:09 2")
                .addInt(TlvType.PERSISTENT, 1).build();
        ManagedProcess.signal(keeper, "STOP");
        CompletableFuture<?> registered = CompletableFuture.runAsync(() -> {
            try (ControlConnection tool = new RunDirectory(lab.runDirectory()).connect()) {
                tool.request(registration);
            }
        });
        Thread.sleep(WHILE_ASKED); // the pause is what is tested
        ManagedProcess.signal(keeper, "CONT");
        registered.join();
        assertThat(agent.process().allLines()).noneMatch(line -> line.contains("event=keeper_lost"));
        assertThat(keeper()).isEqualTo(keeper);
        assertNothingIsLost();
    }

    /** No thread of the JVM comes back to Java before it is over. */
    @ParameterizedTest
    @ValueSource(strings = {"virt_compute", "vlink-guest", "pktgen"})
    void nothingIsLostWhileOneCollectsGarbage(String which) throws InterruptedException {
        startTraffic();
        Safepoint safepoint = new Safepoint(lab, pid(which));
        Duration before = safepoint.total();
        safepoint.begin();
        Thread.sleep(PAUSE); // the pause is what is tested
        safepoint.end();
        assertThat(safepoint.total().minus(before)).isGreaterThanOrEqualTo(PAUSE);
        assertNothingIsLost();
    }

    private void awaitPackets() {
        long before = received();
        await().atMost(LIMIT).until(() -> received() > before);
    }

    private long received() {
        return link().get("guestToHost") instanceof Map<?, ?> law && law.get("received") instanceof Long count
                ? count
                : 0;
    }

    private void assertNothingIsLost() {
        awaitPackets();
        pktgen.signal("INT");
        Pktgen.Result result = Pktgen.finish(pktgen, LIMIT);
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(result.count("received")).as(result.errors()).isEqualTo(result.count("sent")).isPositive();
        assertThat(List.of(result.count("lost"), result.count("duplicated"), result.count("corrupt"),
                result.count("reordered"))).as(result.errors()).containsOnly(0L);
        assertThat(guest.isAlive()).as(guest.tail(5)).isTrue();
        assertThat(guest.allLines()).as("the link stays in its first epoch")
                .noneMatch(line -> line.contains("epochs=2"));
        assertThat(agent.process().allLines()).noneMatch(line -> line.contains("event=keeper_lost"));
        assertThat(keeper()).isEqualTo(keeper);
        await().atMost(LIMIT).untilAsserted(() -> assertThat(link().get("driverPid")).isEqualTo(0L));
        for (String direction : List.of("hostToGuest", "guestToHost")) {
            assertThat(((Map<?, ?>) link().get(direction)).get("holds")).as("%s of %s", direction, link())
                    .isEqualTo(true);
        }
    }

    private Map<?, ?> link() {
        try (AgentClient client = new AgentClient(new RunDirectory(lab.runDirectory()), Role.TOOL)) {
            Map<?, ?> domain = (Map<?, ?>) ((List<?>) JsonLine.read(client.report()).get("domains")).getFirst();
            return (Map<?, ?>) ((List<?>) domain.get("links")).getFirst();
        }
    }
}
