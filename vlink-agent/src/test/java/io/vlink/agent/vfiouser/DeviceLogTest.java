// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static io.vlink.agent.vfiouser.RawVfioUserClient.EINVAL;
import static io.vlink.agent.vfiouser.RawVfioUserClient.GET_REGION_INFO;
import static io.vlink.agent.vfiouser.RawVfioUserClient.RESET;
import static io.vlink.agent.vfiouser.RawVfioUserClient.regionInfo;
import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.agent.AgentFixture;
import io.vlink.agent.AgentLog;
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
import org.junit.jupiter.api.Test;

/** What whoever may open a device's socket can write into the log of a real agent: some lines a minute, and none unaccounted. */
class DeviceLogTest {
    private static final int TIMES = 1_000;
    /** Of an agent's own, and of a domain's, without any client. */
    private static final int OTHER_LINES = 20;
    /** Of a connection there are four kinds, and one of what is said on it; of each, two lines tell of those left out. */
    private static final int LINES_A_MINUTE = 5 * (20 + 2);

    private final AgentLog log = new AgentLog();

    @AfterEach
    void closeLog() {
        log.close();
    }

    @Test
    void aThousandConnectionsCauseSomeLinesAMinuteAndTheRestAreCounted() throws IOException {
        attack(socket -> {
            for (int i = 0; i < TIMES; i++) {
                RawVfioUserClient.connect(socket).close();
            }
        });
        for (String event : List.of("device_client_connected", "device_connected", "device_disconnected")) {
            assertThat(log.told(event, "vm_domain=testvm1")).as(event).isEqualTo(TIMES);
        }
    }

    @Test
    void aThousandResetsCauseSomeLinesAMinuteAndTheRestAreCounted() throws IOException {
        attack(socket -> {
            try (RawVfioUserClient client = RawVfioUserClient.connect(socket)) {
                for (int i = 0; i < TIMES; i++) {
                    client.request(RESET, new byte[0]).succeeded();
                }
            }
        });
        assertThat(log.told("device_reset", "vm_domain=testvm1")).isEqualTo(TIMES);
    }

    @Test
    void aThousandRefusedMessagesOfManyClientsCauseSomeLinesAMinuteAndTheRestAreCounted() throws IOException {
        attack(socket -> {
            for (int i = 0; i < TIMES / 10; i++) {
                try (RawVfioUserClient client = RawVfioUserClient.connect(socket)) {
                    for (int each = 0; each < 10; each++) {
                        client.request(GET_REGION_INFO, regionInfo(32, 99)).failed(EINVAL);
                    }
                }
            }
        });
        assertThat(log.told("device_request_refused", "vm_domain=testvm1")).isEqualTo(TIMES);
    }

    /** Lets a neighbour do that to an agent, which must log little of it from its start to its end. */
    private void attack(Consumer<Path> neighbour) throws IOException {
        try (AgentFixture agent = new AgentFixture(); ControlConnection tool = agent.connect()) {
            var registration = ControlMessage.request(Role.TOOL, Request.REGISTER_DOMAIN)
                    .addText(TlvType.VM_DOMAIN, "testvm1").addInt(TlvType.PERSISTENT, 1);
            AgentFixture.LINKS.lines().forEach(link -> registration.addText(TlvType.LINK, link));
            neighbour.accept(Path.of(tool.request(registration.build()).text(TlvType.SOCKET_PATH)));
        }
        assertThat(log.lines()).hasSizeLessThan(OTHER_LINES + LINES_A_MINUTE * log.minutes());
    }
}
