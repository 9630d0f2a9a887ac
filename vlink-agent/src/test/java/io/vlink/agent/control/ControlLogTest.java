// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.agent.AgentFixture;
import io.vlink.agent.AgentLog;
import io.vlink.infra.control.ControlConnection;
import io.vlink.infra.control.ControlException;
import io.vlink.infra.control.ControlMessage;
import io.vlink.infra.os.UnixConnection;
import io.vlink.spec.control.Request;
import io.vlink.spec.control.Role;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What whoever may open the control socket can write into the log of a real agent: some lines a minute, none unaccounted. */
class ControlLogTest {
    private static final int TIMES = 300;
    /** Of an agent's own, and two kinds of a connection's, each with two lines that tell of those left out. */
    private static final int LINES_A_MINUTE = 20 + 2 * (20 + 2);

    private final AgentLog log = new AgentLog();

    @AfterEach
    void closeLog() {
        log.close();
    }

    @Test
    void hundredsOfRefusedRequestsCauseSomeLinesAMinuteAndTheRestAreCounted() throws IOException {
        ControlMessage notADriversToAsk = ControlMessage.request(Role.DRIVER, Request.UNREGISTER_DOMAIN).build();
        attack(agent -> {
            try (ControlConnection connection = agent.connect()) {
                for (int i = 0; i < TIMES; i++) {
                    assertThatThrownBy(() -> connection.request(notADriversToAsk)).isInstanceOf(ControlException.class)
                            .hasMessageContaining("this role may not ask for that");
                }
            }
        });
        assertThat(log.told("request_refused", "socket=control")).isEqualTo(TIMES);
    }

    @Test
    void hundredsOfConnectionsThatTalkNonsenseCauseSomeLinesAMinuteAndTheRestAreCounted() throws IOException {
        attack(agent -> {
            for (int i = 0; i < TIMES; i++) {
                talkNonsense(agent);
            }
        });
        assertThat(log.told("control_bad_message", "socket=control")).isEqualTo(TIMES);
    }

    /** Waits until it was thrown out, so that there are never many connections at a time. */
    private static void talkNonsense(AgentFixture agent) {
        byte[] nonsense = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        try (UnixConnection connection = UnixConnection.connect(agent.directory().controlSocket())) {
            connection.send(nonsense, 0, nonsense.length, List.of());
            connection.awaitHangUp(10_000);
        }
    }

    /** Lets a neighbour do that to an agent, which must log little of it from its start to its end. */
    private void attack(Consumer<AgentFixture> neighbour) throws IOException {
        try (AgentFixture agent = new AgentFixture()) {
            neighbour.accept(agent);
        }
        assertThat(log.lines()).hasSizeLessThan(LINES_A_MINUTE * log.minutes());
    }
}
