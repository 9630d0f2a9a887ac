// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vlink.agent.tools.AgentClient;
import io.vlink.agent.tools.ToolException;
import io.vlink.infra.control.ControlException;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.OsException;
import io.vlink.spec.control.Role;
import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.ManagedProcess;
import io.vlink.tests.lab.Pktgen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The agent is killed under load and started again: nobody else notices, and what ended meanwhile is noticed by the new one.
 * {@code -Dvlink.agentKills=20 -Dvlink.agentMillis=1000} is the long form.
 */
class AgentRecoveryTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String[] OPTIONS = {"--no-huge", "--memory", "64M"};
    private static final int DEATHS = Integer.getInteger("vlink.agentKills", 3);
    /** How soon control must be back after each start: 1000 for machines that do nothing else, by default what any manages. */
    private static final long BACK_MILLIS = Long.getLong("vlink.agentMillis", 60_000);

    /**
     * Packets before the first kill. Where its time is judged, generator and guest are to run at full rate by then: before, their
     * compilers compete with the next agent for the processors.
     */
    private static final long WARM_PACKETS = Long.getLong("vlink.agentMillis") == null ? 100_000 : 100_000_000;
    private static final Duration WARM_LIMIT = Duration.ofMinutes(10);

    private final Lab lab = Lab.create();
    private AgentProcess agent;
    private Path config;

    @BeforeEach
    void startAgent() {
        agent = AgentProcess.start(lab, OPTIONS);
        config = lab.write("link.config", "tap123 52:54:00:00:00:01 3 queue_size=512\n");
    }

    @AfterEach
    void tearDown() {
        lab.close();
    }

    private void kill() {
        agent.process().signal("KILL");
        agent.process().awaitExit(LIMIT);
    }

    private ManagedProcess startEcho() {
        String socket = agent.vlinkctl("register", "vm_domain=vm1,init_config=" + config).getLast();
        ManagedProcess echo = lab.start("echo", List.of(lab.program("vlink-guest"), "echo", "--vfio-user", socket));
        echo.awaitLine("it was ready", line -> line.startsWith("echo ready"), LIMIT);
        return echo;
    }

    private String report() {
        try (AgentClient client = new AgentClient(new RunDirectory(lab.runDirectory()), Role.TOOL)) {
            return client.report();
        } catch (ToolException | ControlException | OsException notYet) {
            return "";
        }
    }

    private Map<?, ?> domain() {
        List<?> domains = (List<?>) JsonLine.read(report()).get("domains");
        return domains.isEmpty() ? Map.of() : (Map<?, ?>) domains.getFirst();
    }

    private Map<?, ?> link() {
        return (Map<?, ?>) ((List<?>) domain().get("links")).getFirst();
    }

    private static long number(Map<?, ?> link, String direction, String name) {
        return ((Number) ((Map<?, ?>) link.get(direction)).get(name)).longValue();
    }

    @Test
    void killedAtFullRateItLosesNoPacketAndTheNextShowsTheSame() {
        ManagedProcess echo = startEcho();
        ManagedProcess pktgen = Pktgen.start(lab, "tap123", "--duration", "1800");
        for (int death = 1; death <= DEATHS; death++) {
            long seen = death == 1 ? WARM_PACKETS : number(link(), "guestToHost", "received") + 100_000;
            await().atMost(death == 1 ? WARM_LIMIT : LIMIT)
                    .until(() -> number(link(), "guestToHost", "received") > seen);
            Map<?, ?> before = domain();
            kill();
            comeBack(death);
            assertSame(before, domain());
        }
        assertThat(echo.allLines()).as("the link never went down").noneMatch(line -> line.contains("is down"));
        pktgen.signal("INT");
        Pktgen.Result result = Pktgen.finish(pktgen, LIMIT);
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(result.count("received")).isEqualTo(result.count("sent")).isPositive();
        assertThat(List.of(result.count("lost"), result.count("duplicated"), result.count("corrupt"),
                result.count("reordered"))).as(result.errors()).containsOnly(0L);
        assertThat(echo.isAlive()).as(echo.tail(5)).isTrue();
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(link().get("driverPid")).isEqualTo(0L);
            assertThat(number(link(), "hostToGuest", "difference")).isZero();
            assertThat(number(link(), "guestToHost", "difference")).isZero();
        });
        echo.signal("TERM");
        await().atMost(LIMIT).until(() -> "registered".equals(domain().get("state")));
        agent.vlinkctl("unregister", "vm1");
        assertThat(domain()).isEmpty();
    }

    /** Starts the next agent, and asks it as soon as it is there: over a connection, then by a program that is started for it. */
    private void comeBack(int death) {
        long start = System.nanoTime();
        agent = AgentProcess.start(lab, OPTIONS);
        long ready = millisSince(start);
        assertThat(report()).contains("\"name\":\"tap123\"");
        long answered = millisSince(start);
        assertThat(String.join("\n", agent.vlinkctl("status"))).contains("tap123");
        long shown = millisSince(start);
        System.out.printf(
                "agent killed at full rate, time %d: %d ms from its start until it is ready, %d until it answers,"
                        + " %d until vlinkctl status, started then, has ended%n",
                death, ready, answered, shown);
        assertThat(answered).isLessThan(BACK_MILLIS);
    }

    private static long millisSince(long nanos) {
        return (System.nanoTime() - nanos) / 1_000_000;
    }

    private static void assertSame(Map<?, ?> before, Map<?, ?> after) {
        for (String fact : List.of("name", "state", "persistent", "pid", "bar", "region", "channels")) {
            assertThat(after.get(fact)).as(fact).isEqualTo(before.get(fact));
        }
        Map<?, ?> linkBefore = (Map<?, ?>) ((List<?>) before.get("links")).getFirst();
        Map<?, ?> linkAfter = (Map<?, ?>) ((List<?>) after.get("links")).getFirst();
        for (String fact : List.of("name", "mac", "state", "poolOffset", "driverPid", "hostLane", "guestLane")) {
            assertThat(linkAfter.get(fact)).as(fact).isEqualTo(linkBefore.get(fact));
        }
        for (String direction : List.of("hostToGuest", "guestToHost")) {
            assertThat(number(linkAfter, direction, "sent")).isGreaterThan(number(linkBefore, direction, "sent"));
            assertThat(((Map<?, ?>) linkAfter.get(direction)).get("holds")).as("%s of %s", direction, linkAfter)
                    .isEqualTo(true);
        }
    }

    @Test
    void takesBackTheLinkOfADriverThatDiedWhileNoAgentLived() {
        startEcho();
        ManagedProcess pktgen = Pktgen.start(lab, "tap123", "--duration", "300");
        await().atMost(LIMIT).until(() -> number(link(), "guestToHost", "received") > 100_000);
        kill();
        pktgen.signal("KILL");
        pktgen.awaitExit(LIMIT);
        agent = AgentProcess.start(lab, OPTIONS);
        await().atMost(LIMIT).until(() -> Long.valueOf(0).equals(link().get("driverPid")));
        assertThat(((Map<?, ?>) link().get("hostLane")).get("state")).isEqualTo("not_initialized");
        Pktgen.Result result = Pktgen.run(lab, "tap123", LIMIT, "--count", "100000");
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(result.count("received")).isEqualTo(100_000);
        Map<?, ?> ledger = (Map<?, ?>) link().get("ledger");
        assertThat(List.of(ledger.get("held"), ledger.get("unknown"), ledger.get("complete"))).isEqualTo(
                List.of(0L, 0L, true));
    }

    @Test
    void isReplacedByAnotherVersionThatGoesOnUnlessNothingIsKept() {
        startEcho();
        Object connected = domain().get("state");
        ManagedProcess old = agent.process();
        agent = AgentProcess.start(lab, "--no-huge", "--memory", "64M", "--replace");
        assertThat(old.awaitExit(LIMIT)).as("SIGKILL").isEqualTo(128 + 9);
        assertThat(domain().get("state")).isEqualTo(connected).isEqualTo("connected");

        kill();
        agent = AgentProcess.start(lab, "--no-huge", "--memory", "64M", "--keeper", "no", "--replace");
        ManagedProcess refused = AgentProcess.launch(lab, "--no-huge", "--memory", "64M", "--replace").process();
        assertThat(refused.awaitExit(LIMIT)).isEqualTo(1);
        assertThat(refused.allLines()).anyMatch(line -> line.startsWith("virt_compute: ") && line.contains("no keeper")
                && line.contains("pid=" + agent.process().pid()));
        assertThat(agent.process().isAlive()).isTrue();
    }

    @Test
    void withdrawsTheDomainOfAQemuThatEndedWhileNoAgentLived() throws IOException {
        ManagedProcess qemu = startQemu();
        kill();
        agent = AgentProcess.start(lab, OPTIONS);
        assertThat(domain().get("pid")).as("the domain outlives the agent").isEqualTo(qemu.pid());
        kill();
        qemu.signal("KILL");
        qemu.awaitExit(LIMIT);
        agent = AgentProcess.start(lab, OPTIONS);
        await().atMost(LIMIT).until(() -> domain().isEmpty());
        assertThat(lab.runDirectory().resolve("vm1.sock")).doesNotExist();
        startQemu();
        assertThat(domain().get("state")).isEqualTo("registered");
    }

    /** What vlink-qemu becomes: a program that has the control connection open and never looks at it. */
    private ManagedProcess startQemu() throws IOException {
        Path program = lab.directory().resolve("qemu.sh");
        if (!Files.exists(program)) {
            Files.createFile(program,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Files.writeString(program, "#!/bin/sh\n[ \"$1\" != -version ] || { echo 'QEMU emulator version 11.1.0';"
                    + " exit; }\necho started\nexec sleep 600\n");
        }
        List<String> command = new ArrayList<>(List.of(lab.program("vlink-qemu"), "--run-dir",
                lab.runDirectory().toString(), "-M", "pc", "-device", "pci-vlink,vm_domain=vm1,init_config=" + config));
        ManagedProcess qemu = lab.keep(ManagedProcess.start("qemu", command, Map.of("VLINK_QEMU", program.toString())));
        qemu.awaitLine("it started", line -> line.equals("started"), LIMIT);
        return qemu;
    }
}
