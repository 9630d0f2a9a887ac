// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static io.vlink.agent.vfiouser.RawVfioUserClient.DMA_MAP;
import static io.vlink.agent.vfiouser.RawVfioUserClient.DMA_UNMAP;
import static io.vlink.agent.vfiouser.RawVfioUserClient.EINVAL;
import static io.vlink.agent.vfiouser.RawVfioUserClient.ENOSPC;
import static io.vlink.agent.vfiouser.RawVfioUserClient.dmaMap;
import static io.vlink.agent.vfiouser.RawVfioUserClient.dmaUnmap;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DmaCommandTest {
    @Nested
    class Map extends CommandTest {
        @Test
        void refusesAPayloadThatIsTooShort() {
            client.request(DMA_MAP, Arrays.copyOf(dmaMap(32, 3, 0, 0, 4_096), 31), eventFd()).failed(EINVAL);
        }

        @Test
        void refusesAnArgszThatIsTooSmall() {
            client.request(DMA_MAP, dmaMap(31, 3, 0, 0, 4_096), eventFd()).failed(EINVAL);
        }

        @ParameterizedTest
        @ValueSource(ints = {4, 0x80000000, -1})
        void refusesUnknownFlags(int flags) {
            client.request(DMA_MAP, dmaMap(32, flags, 0, 0, 4_096), eventFd()).failed(EINVAL);
        }

        @ParameterizedTest
        @CsvSource({"0, 0", "-4096, 8192", "4096, -1"})
        void refusesAnEmptyRangeAndOneThatOverflows(long address, long size) {
            client.request(DMA_MAP, dmaMap(32, 3, 0, address, size), eventFd()).failed(EINVAL);
        }

        @Test
        void refusesTwoDescriptors() {
            client.request(DMA_MAP, dmaMap(32, 3, 0, 0, 4_096), eventFds(2)).failed(EINVAL);
        }

        @Test
        void acceptsMemoryWithAndWithoutDescriptorAndKeepsNone() {
            client.request(DMA_MAP, dmaMap(32, 3, 0, 0, 1L << 30), eventFd()).succeeded();
            client.request(DMA_MAP, dmaMap(32, 1, 0, 1L << 32, 4_096)).succeeded();
            assertThat(client.request(DMA_MAP, dmaMap(32, 3, 0, -4_096, 4_096)).succeeded().payload().capacity())
                    .isZero();
        }

        @Test
        void refusesMoreWindowsThanItOffered() {
            for (int i = 0; i < 65_535; i++) {
                client.send(DMA_MAP, 0x10, dmaMap(32, 3, 0, 0, 4_096));
            }
            client.request(DMA_MAP, dmaMap(32, 3, 0, 0, 4_096), eventFd()).failed(ENOSPC);
            client.request(DMA_UNMAP, dmaUnmap(24, 0, 0, 4_096)).succeeded();
            client.request(DMA_MAP, dmaMap(32, 3, 0, 0, 4_096), eventFd()).succeeded();
        }
    }

    @Nested
    class Unmap extends CommandTest {
        @Test
        void refusesAPayloadThatIsTooShort() {
            client.request(DMA_UNMAP, Arrays.copyOf(dmaUnmap(24, 0, 0, 4_096), 23)).failed(EINVAL);
        }

        @Test
        void refusesAnArgszTooSmallForTheReply() {
            client.request(DMA_UNMAP, dmaUnmap(23, 0, 0, 4_096)).failed(EINVAL);
        }

        @Test
        void refusesUnknownFlagsAndARangeAlongWithAll() {
            client.request(DMA_UNMAP, dmaUnmap(24, 1, 0, 4_096)).failed(EINVAL);
            client.request(DMA_UNMAP, dmaUnmap(24, 2, 0, 4_096)).failed(EINVAL);
        }

        @Test
        void refusesDescriptors() {
            client.request(DMA_UNMAP, dmaUnmap(24, 0, 0, 4_096), eventFd()).failed(EINVAL);
        }

        @Test
        void repeatsTheRequestInTheReply() {
            byte[] request = dmaUnmap(24, 0, 0x1000, 4_096);
            assertThat(client.request(DMA_UNMAP, request).succeeded().bytes(0)).isEqualTo(request);
            client.request(DMA_UNMAP, dmaUnmap(24, 2, 0, 0)).succeeded();
        }
    }
}
