// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static io.vlink.agent.vfiouser.RawVfioUserClient.EINVAL;
import static io.vlink.agent.vfiouser.RawVfioUserClient.GET_REGION_INFO;
import static io.vlink.agent.vfiouser.RawVfioUserClient.RESET;
import static io.vlink.agent.vfiouser.RawVfioUserClient.regionInfo;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.vlink.agent.AgentFixture;
import io.vlink.infra.control.ControlConnection;
import io.vlink.infra.control.ControlMessage;
import io.vlink.spec.control.Request;
import io.vlink.spec.control.Role;
import io.vlink.spec.control.TlvType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What whoever may open a device's socket can write into the log of a real agent: some lines a minute, and none unaccounted. */
class DeviceLogTest {
    private static final int TIMES = 1_000;
    /** Of an agent's own, and of a domain's, without any client. */
    private static final int OTHER_LINES = 20;
    /** Of a connection there are four kinds, and one of what is said on it; of each, two lines tell of those left out. */
    private static final int LINES_A_MINUTE = 5 * (20 + 2);
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
    void aThousandConnectionsCauseSomeLinesAMinuteAndTheRestAreCounted() throws IOException {
        List<String> lines = linesOf(socket -> {
            for (int i = 0; i < TIMES; i++) {
                RawVfioUserClient.connect(socket).close();
            }
        });
        for (String event : List.of("device_client_connected", "device_connected", "device_disconnected")) {
            assertThat(told(lines, event)).as(event).isEqualTo(TIMES);
        }
    }

    @Test
    void aThousandResetsCauseSomeLinesAMinuteAndTheRestAreCounted() throws IOException {
        List<String> lines = linesOf(socket -> {
            try (RawVfioUserClient client = RawVfioUserClient.connect(socket)) {
                for (int i = 0; i < TIMES; i++) {
                    client.request(RESET, new byte[0]).succeeded();
                }
            }
        });
        assertThat(told(lines, "device_reset")).isEqualTo(TIMES);
    }

    @Test
    void aThousandRefusedMessagesOfManyClientsCauseSomeLinesAMinuteAndTheRestAreCounted() throws IOException {
        List<String> lines = linesOf(socket -> {
            for (int i = 0; i < TIMES / 10; i++) {
                try (RawVfioUserClient client = RawVfioUserClient.connect(socket)) {
                    for (int each = 0; each < 10; each++) {
                        client.request(GET_REGION_INFO, regionInfo(32, 99)).failed(EINVAL);
                    }
                }
            }
        });
        assertThat(told(lines, "device_request_refused")).isEqualTo(TIMES);
    }

    /** All that an agent logs from its start to its end, of which there must be little. */
    private List<String> linesOf(Consumer<Path> neighbour) throws IOException {
        long start = System.nanoTime();
        try (AgentFixture agent = new AgentFixture(); ControlConnection tool = agent.connect()) {
            var registration = ControlMessage.request(Role.TOOL, Request.REGISTER_DOMAIN)
                    .addText(TlvType.VM_DOMAIN, "testvm1").addInt(TlvType.PERSISTENT, 1);
            AgentFixture.LINKS.lines().forEach(link -> registration.addText(TlvType.LINK, link));
            neighbour.accept(Path.of(tool.request(registration.build()).text(TlvType.SOCKET_PATH)));
        }
        List<String> lines = events.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
        long minutes = 1 + (System.nanoTime() - start) / MINUTE_NANOS;
        assertThat(lines).hasSizeLessThan((int) (OTHER_LINES + LINES_A_MINUTE * minutes));
        return lines;
    }

    /** How often something happened, by the log: the lines of it, and those that it says it left out. */
    private static long told(List<String> lines, String event) {
        String leftOut = "event=log_lines_left_out vm_domain=testvm1 like=" + event + " lines=";
        return lines.stream().mapToLong(line -> line.startsWith(leftOut)
                ? Long.parseLong(line.substring(leftOut.length()))
                : line.startsWith("event=" + event + " ") ? 1 : 0).sum();
    }
}
