// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.infra.os.Cpu;
import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.ManagedProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** bin/vlink-echo on the host and vlink-guest pktgen as the guest, each a process, over an agent: 2 links of 4 channels. */
class HostEchoTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final long PACKETS = 20_000;

    private final Lab lab = Lab.create();
    private AgentProcess agent;
    private String socket;

    @BeforeEach
    void startAgent() {
        agent = AgentProcess.start(lab, "--no-huge", "--memory", "128M");
        Path config = lab.write("link.config", "one 52:54:00:00:00:01 5\ntwo 52:54:00:00:00:02 5\n");
        socket = agent.vlinkctl("register", "vm_domain=host-echo,init_config=" + config).getLast();
    }

    @AfterEach
    void tearDown() {
        lab.close();
    }

    private ManagedProcess startEcho(String mode, String... options) {
        return startEchoOf(mode, mode, options);
    }

    private ManagedProcess startEchoOf(String mode, String otherMode, String... options) {
        List<String> command = new ArrayList<>(List.of(lab.program("vlink-echo"), "--json",
                "--vdev=eth_vlink0,link=one,mode=" + mode, "--vdev=eth_vlink1,link=two,mode=" + otherMode));
        command.addAll(List.of(options));
        ManagedProcess echo = lab.start("vlink-echo", command);
        echo.awaitLine("it was ready", line -> line.equals("echo ready link=one,two channels=8"), LIMIT);
        return echo;
    }

    private ManagedProcess startGuest(String... options) {
        List<String> command = new ArrayList<>(
                List.of(lab.program("vlink-guest"), "pktgen", "--vfio-user", socket, "--json"));
        command.addAll(List.of(options));
        return lab.start("vlink-guest-pktgen", command);
    }

    private static Map<String, Object> report(ManagedProcess process) {
        return JsonLine.read(process.outputLines().getLast());
    }

    private static String allLcores() {
        return Cpu.allowed().stream().mapToObj(Integer::toString).limit(4).reduce((a, b) -> a + "," + b).orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"mq", "bond"})
    void everythingThatAGuestSendsComesBackFromPinnedWorkers(String mode) {
        ManagedProcess echo = startEcho(mode, "--lcores=" + allLcores());
        ManagedProcess guest = startGuest("--count=" + PACKETS);
        assertThat(guest.awaitExit(LIMIT)).as(guest.tail(5)).isZero();
        assertThat(report(guest)).containsEntry("sent", PACKETS).containsEntry("lost", 0L);

        echo.signal("TERM");

        assertThat(echo.awaitExit(LIMIT)).as(echo.tail(5)).isZero();
        assertThat(report(echo)).containsEntry("received", PACKETS).containsEntry("returned", PACKETS)
                .containsEntry("dropped", 0L).containsEntry("missing", 0L).containsEntry("stopped", "signal");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--queue=all", "--queue=0", "--queue=3"})
    void regressionWhatABondSendsBackReachesTheWorkerThatWaitsForIt(String queue) {
        startEchoOf("mq", "bond", "--lcores=" + allLcores());
        ManagedProcess guest = startGuest("--count=" + PACKETS, "--window=64", "--lcores=" + allLcores(), queue);
        assertThat(guest.awaitExit(LIMIT)).as(guest.tail(5)).isZero();
        assertThat(report(guest)).containsEntry("sent", PACKETS).containsEntry("lost", 0L)
                .containsEntry("corrupt", 0L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void aSignalUnderLoadEndsItWithStatusZeroAndNothingMissing(String signal) {
        ManagedProcess echo = startEcho("mq", "--stats=1");
        ManagedProcess guest = startGuest("--duration=60", "--timeout=5");
        echo.awaitLine("packets flowed", line -> line.matches("echo packets=[1-9].*"), LIMIT);

        echo.signal(signal);

        assertThat(echo.awaitExit(LIMIT)).as(echo.tail(5)).isZero();
        assertThat(report(echo)).containsEntry("dropped", 0L).containsEntry("missing", 0L);
        assertThat(guest.awaitExit(LIMIT)).as("its link went down").isEqualTo(1);
    }

    @Test
    void aSinkTakesAllAndReturnsNothing() {
        ManagedProcess echo = startEcho("mq", "--forward=drop", "--count=" + PACKETS);
        ManagedProcess guest = startGuest("--one-way", "--count=" + PACKETS);
        assertThat(guest.awaitExit(LIMIT)).as(guest.tail(5)).isZero();
        assertThat(echo.awaitExit(LIMIT)).as(echo.tail(5)).isZero();
        assertThat(report(echo)).containsEntry("received", PACKETS).containsEntry("returned", 0L)
                .containsEntry("missing", 0L).containsEntry("stopped", "count");
    }
}
