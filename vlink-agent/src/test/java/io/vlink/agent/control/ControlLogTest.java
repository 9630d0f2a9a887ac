// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.vlink.agent.AgentFixture;
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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What whoever may open the control socket can write into the log of a real agent: some lines a minute, none unaccounted. */
class ControlLogTest {
    private static final int TIMES = 300;
    /** Of an agent's own, and two kinds of a connection's, each with two lines that tell of those left out. */
    private static final int LINES_A_MINUTE = 20 + 2 * (20 + 2);
    private static final long MINUTE_NANOS = 60_000_000_000L;

    private final Logger agentLog = (Logger) LoggerFactory.getLogger("io.vlink.agent");
    private final ListAppender<ILoggingEvent> events = new ListAppender<>();

    @BeforeEach
    void listen() {
        events.start();
        agentLog.setLevel(Level.INFO);
        agentLog.setAdditive(false);
        agentLog.addAppender(events);
    }

    @AfterEach
    void hushAgain() {
        agentLog.detachAppender(events);
        agentLog.setAdditive(true);
        agentLog.setLevel(null);
    }

    @Test
    void hundredsOfRefusedRequestsCauseSomeLinesAMinuteAndTheRestAreCounted() throws IOException {
        ControlMessage notADriversToAsk = ControlMessage.request(Role.DRIVER, Request.UNREGISTER_DOMAIN).build();
        List<String> lines = linesOf(agent -> {
            try (ControlConnection connection = agent.connect()) {
                for (int i = 0; i < TIMES; i++) {
                    assertThatThrownBy(() -> connection.request(notADriversToAsk)).isInstanceOf(ControlException.class)
                            .hasMessageContaining("this role may not ask for that");
                }
            }
        });
        assertThat(told(lines, "request_refused")).isEqualTo(TIMES);
    }

    @Test
    void hundredsOfConnectionsThatTalkNonsenseCauseSomeLinesAMinuteAndTheRestAreCounted() throws IOException {
        List<String> lines = linesOf(agent -> {
            for (int i = 0; i < TIMES; i++) {
                talkNonsense(agent);
            }
        });
        assertThat(told(lines, "control_bad_message")).isEqualTo(TIMES);
    }

    /** Waits until it was thrown out, so that there are never many connections at a time. */
    private static void talkNonsense(AgentFixture agent) {
        byte[] nonsense = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        try (UnixConnection connection = UnixConnection.connect(agent.directory().controlSocket())) {
            connection.send(nonsense, 0, nonsense.length, List.of());
            connection.awaitHangUp(10_000);
        }
    }

    /** All that an agent logs from its start to its end, of which there must be little. */
    private List<String> linesOf(Consumer<AgentFixture> neighbour) throws IOException {
        long start = System.nanoTime();
        try (AgentFixture agent = new AgentFixture()) {
            neighbour.accept(agent);
        }
        List<String> lines = events.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
        long minutes = 1 + (System.nanoTime() - start) / MINUTE_NANOS;
        assertThat(lines).hasSizeLessThan((int) (LINES_A_MINUTE * minutes));
        return lines;
    }

    /** How often something happened, by the log: the lines of it, and those that it says it left out. */
    private static long told(List<String> lines, String event) {
        String leftOut = "event=log_lines_left_out socket=control like=" + event + " lines=";
        return lines.stream().mapToLong(line -> line.startsWith(leftOut)
                ? Long.parseLong(line.substring(leftOut.length()))
                : line.startsWith("event=" + event + " ") ? 1 : 0).sum();
    }
}
