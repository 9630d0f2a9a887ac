// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.ManagedProcess;
import io.vlink.tests.lab.Pktgen;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A process that stands still for a while is not dead: nobody gives it up, and nothing is lost. Stopping it looks like a long
 * collection of garbage, too. {@code -Dvlink.pauseSeconds=30} is the long form.
 */
class PauseTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int PAUSE_SECONDS = Integer.getInteger("vlink.pauseSeconds", 2);

    private final Lab lab = Lab.create();

    @AfterEach
    void tearDown() {
        lab.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"virt_compute", "vlink-guest", "pktgen"})
    void nothingIsLostWhileOneStandsStill(String which) throws InterruptedException {
        AgentProcess agent = AgentProcess.start(lab, "--no-huge", "--memory", "64M");
        String config = lab.write("link.config", "tap123 52:54:00:00:00:01 2\n").toString();
        String socket = agent.vlinkctl("register", "vm_domain=pause,init_config=" + config).getLast();
        ManagedProcess guest = lab.start("vlink-guest",
                List.of(lab.program("vlink-guest"), "echo", "--vfio-user", socket));
        guest.awaitLine("it was ready to echo", line -> line.contains("echo ready"), LIMIT);
        ManagedProcess pktgen = Pktgen.start(lab, "tap123", "--duration", String.valueOf(PAUSE_SECONDS + 3),
                "--timeout", "60");
        guest.awaitLine("the link was up", line -> line.contains("is up"), LIMIT);

        ManagedProcess paused = switch (which) {
            case "virt_compute" -> agent.process();
            case "vlink-guest" -> guest;
            default -> pktgen;
        };
        paused.signal("STOP");
        Thread.sleep(Duration.ofSeconds(PAUSE_SECONDS)); // the pause is what is tested
        paused.signal("CONT");

        Pktgen.Result result = Pktgen.finish(pktgen, LIMIT);
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(result.count("received")).as(result.errors()).isEqualTo(result.count("sent")).isPositive();
        assertThat(result.count("lost") + result.count("duplicated") + result.count("corrupt")).isZero();
        assertThat(guest.isAlive()).as(guest.tail(5)).isTrue();
        assertThat(agent.status()).containsKey("domains");
    }
}
