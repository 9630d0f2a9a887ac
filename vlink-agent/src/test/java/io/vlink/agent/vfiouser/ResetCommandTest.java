// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static io.vlink.agent.vfiouser.RawVfioUserClient.EINVAL;
import static io.vlink.agent.vfiouser.RawVfioUserClient.REGION_READ;
import static io.vlink.agent.vfiouser.RawVfioUserClient.REGION_WRITE;
import static io.vlink.agent.vfiouser.RawVfioUserClient.RESET;
import static io.vlink.agent.vfiouser.RawVfioUserClient.access;
import static io.vlink.agent.vfiouser.RawVfioUserClient.words;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class ResetCommandTest extends CommandTest {
    @Test
    void refusesAPayloadAndDescriptors() {
        client.request(RESET, words(0)).failed(EINVAL);
        client.request(RESET, new byte[0], eventFd()).failed(EINVAL);
        assertThat(served.events).doesNotContain("reset");
    }

    @Test
    void setsRegistersAndCommandBackTellsTheDomainAndLeavesMemoryAlone() {
        served.regionMapping.segment().set(ValueLayout.JAVA_INT, 0, 0x1234);
        for (int offset = 0; offset <= 0x10; offset += 4) {
            client.register(offset, 1);
        }
        served.device.raiseInterrupt();
        client.request(REGION_WRITE, access(4, 7, 2, (byte) 3, (byte) 0)).succeeded();
        assertThat(client.request(RESET, new byte[0]).succeeded().payload().capacity()).isZero();
        for (int offset = 0; offset <= 0x10; offset += 4) {
            assertThat(client.register(offset)).isZero();
        }
        assertThat(client.register(0x54)).as("INTERRUPT_STATUS").isZero();
        assertThat(client.request(REGION_READ, access(4, 7, 4)).succeeded().bytes(16)).containsOnly(0);
        assertThat(served.events).containsExactly("connected", "reset");
        assertThat(served.regionMapping.segment().get(ValueLayout.JAVA_INT, 0)).isEqualTo(0x1234);
    }
}
