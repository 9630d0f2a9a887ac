// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.hostpmd.SendingGuest;
import io.vlink.hostpmd.TestAgent;
import io.vlink.hostpmd.TestLink;
import io.vlink.spec.control.Request;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class EchoMainTest {
    private static final String VDEV = "--vdev=eth_vlink0,link=tap123";

    @TempDir
    private Path runDir;

    private ProgramRun program;

    @BeforeEach
    void setUp() {
        program = new ProgramRun(runDir);
    }

    private int run(String... options) {
        return program.run(new EchoMain(), options);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --burst=257            | burst must be 1 to 256: burst=257
            --stats=0              | stats must be more than 0: stats=0
            --count=-1             | count must be at least 1: count=-1
            --duration=-1          | duration must be a time such as 30, 30s, 10m or 1h, seconds without a unit: duration=-1
            --forward=flood        | forward must be macswap, io or drop: forward=flood
            """)
    void wrongNumbersAreOneLineAndStatusTwoBeforeAnythingIsAttached(String option, String complaint) {
        assertThat(run(VDEV, option)).isEqualTo(2);
        assertThat(program.takeErrors()).startsWith("vlink-echo: " + complaint).doesNotContain("\n");
        assertThat(program.out()).isEmpty();
    }

    @Test
    void regressionWaitsNotForWhatNeverComes() {
        program = new ProgramRun(runDir.resolve("x".repeat(108)));
        assertThat(run(VDEV, "--wait")).isEqualTo(1);
        assertThat(program.takeErrors()).startsWith("vlink-echo: ").contains("choose a shorter --run-dir")
                .doesNotContain("waiting", "\n");
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

        @Test
        void goesOnWithoutItsAgentAndIsAttachedAgainWhenThatIsBack() {
            Thread restart = Thread.ofPlatform().start(() -> {
                awaitOutput("echo ready");
                agent.close();
                awaitErrors("vlink-echo: agent is away: link=tap123");
                agent = new TestAgent(runDir, link);
                awaitErrors("vlink-echo: agent is back: link=tap123 is attached again");
                program.stop();
            });
            assertThat(run(VDEV)).isZero();
            ProgramRun.awaitEnd(restart);
            assertThat(program.out()).containsOnlyOnce("echo ready");
        }

        @Test
        void waitsForItsAgentIfItIsAskedTo() {
            agent.close();
            Thread start = Thread.ofPlatform().start(() -> {
                awaitErrors("vlink-echo: waiting: no agent: run_dir=" + runDir);
                agent = new TestAgent(runDir, link);
                awaitOutput("echo ready");
                program.stop();
            });
            assertThat(run(VDEV, "--wait")).isZero();
            ProgramRun.awaitEnd(start);
        }

        @Test
        void attachesToALinkThatIsThereAnewAsSoonAsItIs() {
            try (TestLink anew = new TestLink(1, 64)) {
                Thread restart = Thread.ofPlatform().start(() -> {
                    awaitOutput("echo ready link=tap123 channels=2");
                    agent.close();
                    agent = new TestAgent(runDir, anew);
                    awaitOutput("echo ready link=tap123 channels=1");
                    program.stop();
                });
                assertThat(run(VDEV)).isZero();
                ProgramRun.awaitEnd(restart);
            }
        }

        @Test
        void endsWithOneLineWhereItsTimeIsLimitedAndTheLinkIsThereAnew() {
            try (TestLink anew = new TestLink(1, 64)) {
                Thread restart = Thread.ofPlatform().start(() -> {
                    awaitOutput("echo ready");
                    agent.close();
                    agent = new TestAgent(runDir, anew);
                });
                assertThat(run(VDEV, "--duration=600")).isEqualTo(1);
                assertThat(program.takeErrors()).endsWith(
                        "vlink-echo: agent gone: run_dir=" + runDir + ": start bin/virt_compute and run again");
                ProgramRun.awaitEnd(restart);
            }
        }

        private void awaitOutput(String text) {
            Awaitility.await().until(() -> program.out().contains(text));
        }

        private void awaitErrors(String text) {
            Awaitility.await().until(() -> program.errors().contains(text));
        }

        @ParameterizedTest
        @ValueSource(strings = {"mq", "bond"})
        void aGuestGetsAllBackInTheBuffersThatItWasLent(String mode) throws Exception {
            try (SendingGuest guest = new SendingGuest(link, 5_000)) {
                Thread end = Thread.ofPlatform().start(() -> {
                    guest.awaitEnd();
                    program.stop();
                });
                assertThat(run(VDEV + ",mode=" + mode, "--json", "--burst=16")).isZero();
                end.join();
                assertThat(guest.returned()).isEqualTo(5_000);
                assertThat(guest.wrong()).isZero();
            }
            assertThat(program.out().lines().toList()).hasSize(2).first()
                    .isEqualTo("echo ready link=tap123 channels=2");
            assertThat(program.out()).contains("{\"received\":5000,\"returned\":5000,\"dropped\":0,\"missing\":0,");
            assertThat(agent.requests()).containsExactly(Request.ATTACH_LINK, Request.DETACH_LINK);
        }

        @Test
        void asASinkItTakesEverythingAndReturnsNothing() {
            try (SendingGuest guest = new SendingGuest(link, Integer.MAX_VALUE)) {
                Thread end = Thread.ofPlatform().start(() -> {
                    Awaitility.await().until(() -> guest.sent() > 2_000);
                    program.stop();
                });
                assertThat(run(VDEV, "--forward=drop", "--json")).isZero();
                ProgramRun.awaitEnd(end);
                assertThat(guest.returned()).isZero();
            }
            assertThat(program.out()).contains("\"returned\":0,\"dropped\":0,\"missing\":0,");
        }

        @Test
        void stopsUnderLoadWithNothingMissing() {
            try (SendingGuest guest = new SendingGuest(link, Integer.MAX_VALUE)) {
                Thread end = Thread.ofPlatform().start(() -> {
                    Awaitility.await().until(() -> guest.returned() > 1_000);
                    program.stop();
                });
                assertThat(run(VDEV, "--json")).isZero();
                ProgramRun.awaitEnd(end);
                assertThat(guest.wrong()).isZero();
            }
            assertThat(program.out()).contains("\"dropped\":0,\"missing\":0,").contains("\"stopped\":\"signal\"");
        }
    }
}
