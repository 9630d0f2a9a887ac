// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.traffic;

import static org.assertj.core.api.Assertions.assertThat;

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

/** Frames over many buffers, from the host and from a guest, each program a process, over an agent. */
class LargeFrameTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final long PACKETS = 2_000;

    private final Lab lab = Lab.create();
    private String socket;

    @BeforeEach
    void startAgent() {
        AgentProcess agent = AgentProcess.start(lab, "--no-huge", "--memory", "64M");
        Path config = lab.write("link.config",
                "jumbo 52:54:00:00:00:01 3 mtu=9000\nhuge 52:54:00:00:00:02 2 mtu=65521\n");
        socket = agent.vlinkctl("register", "vm_domain=large,init_config=" + config).getLast();
    }

    @AfterEach
    void tearDown() {
        lab.close();
    }

    private ManagedProcess start(String program, String... options) {
        List<String> command = new ArrayList<>(List.of(lab.program(program)));
        command.addAll(List.of(options));
        return lab.start(program, command);
    }

    private static void assertAllCameBack(ManagedProcess generator) {
        assertThat(generator.awaitExit(LIMIT)).as(generator.tail(5)).isZero();
        Map<String, Object> report = JsonLine.read(generator.outputLines().getLast());
        assertThat(report).containsEntry("sent", PACKETS).containsEntry("received", PACKETS);
        assertThat(report.get("law").toString()).contains("holds=true");
    }

    @Test
    void comeBackToTheHostUntouched() {
        ManagedProcess echo = start("vlink-guest", "echo", "--vfio-user", socket);
        echo.awaitLine("it was ready", line -> line.startsWith("echo ready"), LIMIT);
        assertAllCameBack(
                start("pktgen", "--json", "--count=" + PACKETS, "--size=9018", "--vdev=eth_vlink0,link=jumbo"));
        assertAllCameBack(start("pktgen", "--json", "--count=" + PACKETS, "--size=65539", "--burst=8",
                "--vdev=eth_vlink0,link=huge,mode=bond"));
    }

    @Test
    void comeBackToAGuestUntouched() {
        ManagedProcess echo = start("vlink-echo", "--vdev=eth_vlink0,link=jumbo", "--vdev=eth_vlink1,link=huge");
        echo.awaitLine("it was ready", line -> line.startsWith("echo ready"), LIMIT);
        assertAllCameBack(start("vlink-guest", "pktgen", "--json", "--count=" + PACKETS, "--size=9018", "--link=jumbo",
                "--vfio-user", socket));
        assertAllCameBack(start("vlink-guest", "pktgen", "--json", "--count=" + PACKETS, "--size=65539", "--burst=8",
                "--link=huge", "--vfio-user", socket));
    }

    @Test
    void aFrameLargerThanTheMtuIsOneLineAndLeavesNothingAttached() {
        ManagedProcess generator = start("vlink-guest", "pktgen", "--size=9019", "--link=jumbo", "--vfio-user", socket);
        assertThat(generator.awaitExit(LIMIT)).as("the device had to be asked").isEqualTo(1);
        assertThat(generator.allLines())
                .containsExactly("vlink-guest: size must be at most 9018, for the link's mtu=9000: size=9019");
        ManagedProcess lcore = start("vlink-guest", "pktgen", "--lcores=4095", "--vfio-user", socket);
        assertThat(lcore.awaitExit(LIMIT)).isEqualTo(2);
        assertThat(lcore.allLines()).singleElement().asString()
                .startsWith("vlink-guest: lcore must be one that this process may use: lcores=4095 lcore=4095");
    }
}
