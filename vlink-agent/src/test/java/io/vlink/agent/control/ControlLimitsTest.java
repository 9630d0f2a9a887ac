// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.agent.AgentFixture;
import io.vlink.agent.AgentLog;
import io.vlink.infra.command.LineQuota;
import io.vlink.infra.control.ControlMessage;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.PeerCredentials;
import io.vlink.infra.os.UnixConnection;
import io.vlink.infra.os.UnixListener;
import io.vlink.spec.control.Request;
import io.vlink.spec.control.Role;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a peer of the control socket may cause in the log, and how long it may keep a place: each kind of peer that there is. */
class ControlLimitsTest {
    private static final int TIMES = 60;

    private AgentFixture agent;

    @BeforeEach
    void startAgent() throws IOException {
        agent = new AgentFixture();
    }

    @AfterEach
    void stopAgent() throws IOException {
        agent.close();
    }

    private void assertLimited(String event, Duration idle, Predicate<PeerCredentials> allowed) throws IOException {
        try (AgentLog log = new AgentLog()) {
            Path path = agent.write("x", "").resolveSibling("x.sock");
            try (ControlServer _ = new ControlServer(UnixListener.bind(path, 4), agent.agent().inventory(),
                    allowed,
                    () -> null, agent.directory()::deviceSocket, new ConnectionLimits(99, 99, 99, idle))) {
                for (int i = 0; i < TIMES; i++) {
                    try (UnixConnection connection = UnixConnection.connect(path)) {
                        assertThat(connection.awaitHangUp(10_000)).isTrue();
                    }
                }
            }
            assertThat(log.told(event, "socket=control")).isEqualTo(TIMES);
            assertThat(log.lines().stream().filter(line -> line.startsWith("event=" + event + " ")))
                    .hasSizeLessThanOrEqualTo(LineQuota.LINES * log.minutes());
        }
    }

    @Test
    void peersThatAreNotAllowedCauseSomeLinesAMinuteAndTheRestAreCounted() throws IOException {
        assertLimited("control_connection_refused", Duration.ofSeconds(10), peer -> false);
    }

    @Test
    void peersThatAskNothingCauseSomeLinesAMinuteAndTheRestAreCounted() throws IOException {
        assertLimited("control_connection_idle", Duration.ofMillis(10), peer -> true);
    }

    /** SPEC.md appendix B. */
    @Test
    void theLimitsAreThoseOfTheSpecification() {
        ConnectionLimits limits = ConnectionLimits.DEFAULT;
        assertThat(limits.perProcess()).isEqualTo(128);
        assertThat(limits.perUser()).isEqualTo(240).isLessThan(limits.total());
        assertThat(limits.idle()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void aRequestWithADescriptorIsRefusedAndEndsItsConnection() {
        try (UnixConnection bad = UnixConnection.connect(agent.directory().controlSocket())) {
            byte[] hello = ControlMessage.request(Role.TOOL, Request.HELLO).build().encode();
            bad.send(hello, 0, hello.length, List.of(bad.fd()));
            bad.receiveTimeout(10_000);
            byte[] reply = new byte[4_096];
            assertThat(bad.receive(reply, 0, reply.length, new ArrayList<>(), 0)).isPositive();
            assertThat(reply[16]).as("status BAD_MESSAGE").isEqualTo((byte) 1);
            assertThat(bad.awaitHangUp(5_000)).as("ended").isTrue();
        }
    }

    /** SPEC.md appendix B: 10 s for a message, however its bytes come. */
    @Test
    void aRequestThatComesByteByByteHasNoMoreTimeThanAnyOther() throws InterruptedException {
        byte[] hello = ControlMessage.request(Role.TOOL, Request.HELLO).build().encode();
        try (UnixConnection slow = UnixConnection.connect(agent.directory().controlSocket())) {
            int sent = 0;
            while (sent < hello.length - 1 && isTaken(slow, hello[sent])) {
                sent++;
                Thread.sleep(16_000 / hello.length); // a peer that is slow is what is tested
            }
            assertThat(sent).as("bytes until the end").isLessThan(hello.length - 1);
        }
    }

    private static boolean isTaken(UnixConnection connection, byte one) {
        try {
            connection.send(new byte[]{one}, 0, 1, List.of());
            return !connection.hungUp();
        } catch (OsException hungUp) {
            return false;
        }
    }
}
