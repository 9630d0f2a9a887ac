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

/** What a link cannot have is refused before the link is joined: whoever waits at its other end never hears of it. */
class RefusalTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final Lab lab = Lab.create();
    private AgentProcess agent;
    private String socket;

    @BeforeEach
    void startAgent() {
        agent = AgentProcess.start(lab, "--no-huge", "--memory", "16M");
        Path config = lab.write("link.config", """
                tap1 52:54:00:00:00:01 3 queue_size=64
                other1 52:54:00:00:00:02 3 queue_size=64
                """);
        socket = agent.vlinkctl("register", "vm_domain=refusal,init_config=" + config).getLast();
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

    private void refused(String complaint, String program, String... options) {
        ManagedProcess process = start(program, options);
        assertThat(process.awaitExit(LIMIT)).as(process.tail(5)).isEqualTo(1);
        assertThat(process.allLines()).singleElement().asString().contains(complaint);
    }

    /** What somebody who attaches would change: lanes, epochs and all counts. */
    private Map<?, ?> link() {
        Map<?, ?> domain = (Map<?, ?>) ((List<?>) JsonLine.read(agent.vlinkctl("status", "--json").getLast())
                .get("domains")).getFirst();
        return (Map<?, ?>) ((List<?>) domain.get("links")).getFirst();
    }

    @Test
    void byTheHostsGeneratorWhileAGuestsEchoWaits() {
        ManagedProcess echo = start("vlink-guest", "echo", "--vfio-user", socket);
        echo.awaitLine("it was ready", line -> line.startsWith("echo ready"), LIMIT);
        assertThat(start("pktgen", "--vdev=eth_vlink0,link=tap1", "--count=100").awaitExit(LIMIT)).isZero();
        Map<?, ?> before = link();
        refused("size must be at most 1518", "pktgen", "--vdev=eth_vlink0,link=tap1", "--size=1519");
        refused("queue must be 0 to 1", "pktgen", "--vdev=eth_vlink0,link=tap1", "--queue=2");
        refused("no such link: link=tap2", "vlink-echo", "--vdev=eth_vlink0,link=tap1", "--vdev=eth_vlink1,link=tap2");
        assertThat(link()).isEqualTo(before);
        assertThat(echo.isAlive()).isTrue();
    }

    @Test
    void byTheGuestsProgramsWhileAHostsEchoWaits() {
        ManagedProcess echo = start("vlink-echo", "--vdev=eth_vlink0,link=tap1");
        echo.awaitLine("it was ready", line -> line.startsWith("echo ready"), LIMIT);
        Map<?, ?> before = link();
        refused("window must be at most 128", "vlink-guest", "pktgen", "--vfio-user", socket, "--link=tap1",
                "--window=129");
        refused("links=tap1,other1: name the one to torment with --link", "vlink-guest", "torment", "--vfio-user",
                socket);
        refused("no such data channel: link=tap1 channel=3", "vlink-guest", "echo", "--vfio-user", socket,
                "--channel=3");
        assertThat(link()).isEqualTo(before);
        refused("this is the agent's control socket: vfio_user=", "vlink-guest", "info", "--vfio-user",
                lab.runDirectory().resolve("control.sock").toString());
        refused("run directory is not a folder: run_dir=" + socket, "pktgen", "--vdev=eth_vlink0,link=tap1",
                "--run-dir=" + socket);
    }
}
