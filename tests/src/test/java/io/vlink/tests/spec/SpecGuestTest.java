// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.ManagedProcess;
import io.vlink.tests.lab.Pktgen;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** A guest in C, written from SPEC.md alone, against the real agent and the real generator. */
@EnabledIf(value = "hasCompiler", disabledReason = "gcc is not on PATH: apt-get install gcc libc6-dev")
class SpecGuestTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private final Lab lab = Lab.create();
    private String program;
    private String socket;

    static boolean hasCompiler() {
        return List.of(System.getenv("PATH").split(":")).stream()
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "gcc")));
    }

    @BeforeEach
    void compileAndStartAgent() {
        program = lab.directory().resolve("spec_guest").toString();
        ManagedProcess gcc = lab.start("gcc",
                List.of("gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-O2", "-o", program,
                        lab.home().resolve("tests/src/test/c/spec_guest.c").toString()));
        assertThat(gcc.awaitExit(LIMIT)).as(gcc.tail(20)).isZero();
        AgentProcess agent = AgentProcess.start(lab, "--no-huge", "--memory", "64M");
        Path config = lab.write("link.config", "tap123 52:54:00:00:00:01 3\n");
        socket = agent.vlinkctl("register", "vm_domain=c1,init_config=" + config).getLast();
    }

    @AfterEach
    void tearDown() {
        lab.close();
    }

    private ManagedProcess startGuest(String... options) {
        List<String> command = new java.util.ArrayList<>(List.of(program, "--vfio-user", socket));
        command.addAll(List.of(options));
        ManagedProcess guest = lab.start("spec_guest", command);
        guest.awaitLine("it was ready", line -> line.contains("spec_guest ready"), LIMIT);
        return guest;
    }

    private void assertAllComesBack() {
        Pktgen.Result result = Pktgen.run(lab, "tap123", LIMIT, "--count", "200000");
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(result.count("received")).isEqualTo(200_000);
        assertThat(result.count("corrupt")).isZero();
    }

    @Test
    void answersEveryPacketAndAgainAfterItWasKilled() {
        ManagedProcess guest = startGuest();
        assertAllComesBack();
        guest.signal("KILL");
        guest.awaitExit(LIMIT);
        startGuest();
        assertAllComesBack();
    }

    @Test
    void usesAllFourRings() {
        startGuest("--copy");
        assertAllComesBack();
    }
}
