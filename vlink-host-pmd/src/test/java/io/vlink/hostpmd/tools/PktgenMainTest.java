// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.hostpmd.EchoingGuest;
import io.vlink.hostpmd.TestAgent;
import io.vlink.hostpmd.TestLink;
import io.vlink.spec.control.Request;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PktgenMainTest {
    @TempDir
    private Path runDir;

    private ProgramRun program;

    @BeforeEach
    void setUp() {
        program = new ProgramRun(runDir);
    }

    private int run(String... options) {
        return program.run(new PktgenMain(), options);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --count=-5                 | count must be at least 1: count=-5
            --timeout=-1               | timeout must be a time such as 30, 30s, 10m or 1h, seconds without a unit: timeout=-1
            --size=63                  | size must be 64 to 65539 bytes: size=63
            --size=65540               | size must be 64 to 65539 bytes: size=65540
            --burst=1025               | burst must be 1 to 1024: burst=1025
            --window=0                 | window must be at least 1: window=0
            --rate=0                   | rate must be at least 1, or left out for no limit: rate=0
            --rate=-1                  | rate must be at least 1, or left out for no limit: rate=-1
            --queue=-1                 | queue must be a number or all: queue=-1
            --lcore=4095               | lcore must be one that this process may use: lcores=4095 lcore=4095
            --one-way --window=9       | window must be left out with --one-way, where nothing comes back: window=9
            """)
    void wrongNumbersAreOneLineAndStatusTwoBeforeAnythingIsAttached(String options, String complaint) {
        assertThat(run(("--vdev=eth_vlink0,link=tap123 " + options).split(" "))).isEqualTo(2);
        assertThat(program.takeErrors()).startsWith("pktgen: " + complaint).doesNotContain("\n");
        assertThat(program.out()).isEmpty();
    }

    @Nested
    class WithAnAgent {
        private final TestLink link = new TestLink(2, 64);
        private volatile TestAgent agent;

        @BeforeEach
        void startAgent() {
            agent = new TestAgent(runDir, link);
        }

        @AfterEach
        void close() {
            agent.close();
            link.close();
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
                --window=129 | window must be at most 128, what the queues hold: queue_size=64 data_channels=2: window=129
                --burst=65   | burst must be at most the link's queue_size=64: burst=65
                --queue=2    | queue must be 0 to 1 in mode=mq: queue=2
                --size=1519  | size must be at most 1518, for the link's mtu=1500: size=1519
                """)
        void whatDoesNotFitTheLinkIsOneLineAndStatusOne(String option, String complaint) {
            assertThat(run("--vdev=eth_vlink0,link=tap123", option)).isEqualTo(1);
            assertThat(program.takeErrors()).isEqualTo("pktgen: " + complaint);
            assertThat(program.out()).isEmpty();
            assertThat(agent.requests()).endsWith(Request.DETACH_LINK);
        }

        @Test
        void saysThatNoGuestIsThere() {
            assertThat(run("--vdev=eth_vlink0,link=tap123", "--timeout=0.05")).isEqualTo(1);
            assertThat(program.takeErrors())
                    .isEqualTo("pktgen: link=tap123 is down: its other end was not initialised within"
                            + " timeout=0.05s: start vlink-guest echo in the guest");
        }

        @Test
        void printsOneLineOfJsonAndDetaches() {
            try (EchoingGuest _ = new EchoingGuest(link)) {
                assertThat(run("--vdev=eth_vlink0,link=tap123", "--count=3000", "--json")).isZero();
            }
            assertThat(program.out())
                    .startsWith("{\"sent\":3000,\"received\":3000,\"lost\":0,\"duplicated\":0,\"reordered\":0,"
                            + "\"corrupt\":0,\"mpps\":")
                    .contains("\"rttNanos\":{\"p50\":", "\"p999\":", "\"max\":")
                    .contains(
                            "\"link\":\"tap123\",\"mode\":\"mq\",\"queues\":2,\"size\":64,\"burst\":32,\"window\":128")
                    .contains("\"drops\":{\"bad_address\":0,").hasLineCount(1);
            assertThat(program.takeErrors()).isEmpty();
            assertThat(agent.requests()).containsExactly(Request.ATTACH_LINK, Request.DETACH_LINK);
        }

        @Test
        void printsATableForPeople() {
            try (EchoingGuest _ = new EchoingGuest(link)) {
                assertThat(run("--vdev=eth_vlink0,link=tap123,mode=bond", "--duration=0.1")).isZero();
            }
            assertThat(program.out()).contains("lost        0").contains("round trip  p50 ");
        }

        @Test
        void goesOnWithNothingLostWhileItsAgentIsAwayAndComesBack() {
            Thread restart = Thread.ofPlatform().start(() -> {
                Awaitility.await().until(() -> agent.requests().contains(Request.ATTACH_LINK));
                agent.close();
                Awaitility.await().until(() -> program.errors().contains("agent is away: link=tap123"));
                agent = new TestAgent(runDir, link);
                Awaitility.await().until(() -> program.errors().contains("agent is back: link=tap123"));
                program.stop();
            });
            try (EchoingGuest _ = new EchoingGuest(link)) {
                assertThat(run("--vdev=eth_vlink0,link=tap123", "--duration=60", "--json")).isZero();
            }
            assertThat(program.out()).contains("\"lost\":0,");
            ProgramRun.awaitEnd(restart);
        }

        @Test
        void reportsAndSaysSoWhenTheLinkIsThereAnewWhileItRuns() {
            try (TestLink anew = new TestLink(2, 64); EchoingGuest _ = new EchoingGuest(link)) {
                Thread restart = Thread.ofPlatform().start(() -> {
                    Awaitility.await().until(() -> agent.requests().contains(Request.ATTACH_LINK));
                    agent.close();
                    agent = new TestAgent(runDir, anew);
                });
                assertThat(run("--vdev=eth_vlink0,link=tap123", "--duration=60", "--json")).isEqualTo(1);
                ProgramRun.awaitEnd(restart);
            }
            assertThat(program.takeErrors()).contains("pktgen: agent gone: run_dir=" + runDir)
                    .endsWith("start bin/virt_compute and run again");
        }

        @Test
        void reportsWhatItHasWhenItIsAskedToStop() {
            Thread request = Thread.ofPlatform().start(() -> {
                Awaitility.await().until(() -> agent.requests().contains(Request.ATTACH_LINK));
                program.stop();
            });
            try (EchoingGuest _ = new EchoingGuest(link)) {
                assertThat(run("--vdev=eth_vlink0,link=tap123", "--duration=60")).isBetween(0, 1);
            }
            ProgramRun.awaitEnd(request);
        }
    }
}
