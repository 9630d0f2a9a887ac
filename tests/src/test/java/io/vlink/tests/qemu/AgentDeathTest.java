// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.GuestVm;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.ManagedProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Without a keeper, a guest whose agent is gone ends and says so: no agent comes back to a device that is open. */
class AgentDeathTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private final Lab lab = Lab.create();
    private AgentProcess agent;
    private Path config;

    @BeforeEach
    void startAgent() {
        agent = AgentProcess.start(lab, "--no-huge", "--memory", "64M", "--keeper", "no");
        config = lab.write("link.config", "tap123 52:54:00:00:00:01 2\n");
    }

    @AfterEach
    void tearDown() {
        lab.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"KILL", "TERM"})
    void anEchoOnTheDeviceSocketEndsWithOneLineAndStatusOne(String signal) {
        String socket = agent.vlinkctl("register", "vm_domain=death1,init_config=" + config).getLast();
        ManagedProcess echo = lab.start("echo",
                List.of(lab.program("vlink-guest"), "echo", "--vfio-user", socket));
        echo.awaitLine("it was ready", line -> line.startsWith("echo ready"), LIMIT);

        agent.process().signal(signal);

        assertThat(echo.awaitExit(LIMIT)).isEqualTo(1);
        assertThat(echo.allLines().stream().filter(line -> line.startsWith("vlink-guest: ")))
                .singleElement().asString().startsWith("vlink-guest: device is gone: vfio_user=" + socket)
                .contains("start virt_compute");
    }

    @Nested
    @RequiresQemu
    class InAMachine {
        @Test
        void anEchoEndsWithOneLineAndStatusOne() {
            GuestVm vm = GuestVm.boot(lab, new GuestVm.Plan("pc", "tcg", "death2", config, List.of()),
                    System.out::println);
            vm.startEcho("");

            agent.process().signal("KILL");

            // The shell that started the echo is the one that waits for it here.
            assertThat(vm.shell().run("wait $(cat /tmp/echo.pid)", LIMIT).status()).isEqualTo(1);
            assertThat(vm.run("grep vlink-guest: /tmp/echo.log", LIMIT).lines()).singleElement().asString()
                    .contains("device does not answer", "start virt_compute");
        }
    }
}
