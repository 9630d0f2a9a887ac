// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.infra.port.MacAddress;
import io.vlink.spec.pci.Limits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UdpFlowTest {
    private static final MacAddress LINK_MAC = new MacAddress(0x52_54_00_12_34_56L);

    @ParameterizedTest
    @ValueSource(ints = {-1, 4})
    void saysNoToAQueueThatThereIsNot(int queue) {
        assertThatThrownBy(() -> UdpFlow.ofQueue(LINK_MAC, queue, 4)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no flow comes back on this queue: queue=" + queue + " queues=4");
    }

    @Test
    void theFlowOfAQueueComesBackFromABondOnThatQueueWhateverTheirNumber() {
        for (int queues = 1; queues <= Limits.MAX_DATA_CHANNELS_PER_LINK; queues++) {
            for (int queue = 0; queue < queues; queue++) {
                UdpFlow flow = UdpFlow.ofQueue(LINK_MAC, queue, queues);
                assertThat(flow.channel(queues)).as("of %d", queues).isEqualTo(queue);
                assertThat(flow.withMacsSwapped().channel(queues)).as("of %d, on its way back", queues)
                        .isEqualTo(queue);
            }
        }
    }
}
