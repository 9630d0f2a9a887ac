// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static io.vlink.agent.vfiouser.RawVfioUserClient.EINVAL;
import static io.vlink.agent.vfiouser.RawVfioUserClient.GET_REGION_INFO;
import static io.vlink.agent.vfiouser.RawVfioUserClient.regionInfo;
import static io.vlink.agent.vfiouser.RawVfioUserClient.words;
import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.infra.os.Fd;
import io.vlink.infra.os.Mapping;
import io.vlink.infra.os.Protection;
import io.vlink.spec.pci.BarShape;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegionInfoCommandTest {
    private static final int READ_WRITE = 3;
    private static final int READ_WRITE_MMAP = 7;

    @Nested
    class WithBar32 extends CommandTest {
        @Test
        void refusesAPayloadThatIsTooShort() {
            client.request(GET_REGION_INFO, words(32, 0, 0, 0, 0, 0, 0)).failed(EINVAL);
        }

        @Test
        void refusesAnArgszTooSmallForTheReply() {
            client.request(GET_REGION_INFO, regionInfo(31, 0)).failed(EINVAL);
        }

        @ParameterizedTest
        @ValueSource(ints = {9, 100, -1, Integer.MIN_VALUE})
        void refusesAnIndexOutOfRange(int index) {
            client.request(GET_REGION_INFO, regionInfo(32, index)).failed(EINVAL);
        }

        @ParameterizedTest
        @CsvSource({"0, 256", "1, 0", "4, 0", "5, 0", "6, 0", "7, 256", "8, 0"})
        void describesRegionsThatCannotBeMapped(int index, int bytes) {
            expectRegion(client, index, bytes == 0 ? 0 : READ_WRITE, bytes);
        }

        @Test
        void givesOneDescriptorForPacketsAndOneForChannels() {
            served.regionMapping.segment().set(ValueLayout.JAVA_INT, ServedDevice.REGION_BYTES - 4, 0x1111);
            served.channelMapping.segment().set(ValueLayout.JAVA_INT, ServedDevice.CHANNEL_BYTES - 4, 0x2222);
            expectMapping(client, 2, ServedDevice.REGION_BYTES, 0x1111);
            expectMapping(client, 3, ServedDevice.CHANNEL_BYTES, 0x2222);
        }
    }

    @Nested
    class WithBar64 extends CommandTest {
        @Override
        BarShape shape() {
            return BarShape.BAR64;
        }

        @Test
        void putsChannelsBehindBar4AndNothingBehindUpperHalves() {
            served.channelMapping.segment().set(ValueLayout.JAVA_INT, ServedDevice.CHANNEL_BYTES - 4, 0x3333);
            expectRegion(client, 3, 0, 0);
            expectRegion(client, 5, 0, 0);
            expectMapping(client, 4, ServedDevice.CHANNEL_BYTES, 0x3333);
        }
    }

    private static void expectRegion(RawVfioUserClient client, int index, int flags, int bytes) {
        RawVfioUserClient.Reply reply = client.request(GET_REGION_INFO, regionInfo(32, index)).succeeded();
        assertThat(reply.bytes(0)).isEqualTo(words(32, flags, index, 0, bytes, 0, 0, 0));
        assertThat(reply.fds()).isEmpty();
    }

    private static void expectMapping(RawVfioUserClient client, int index, int bytes, int lastWord) {
        RawVfioUserClient.Reply reply = client.request(GET_REGION_INFO, regionInfo(32, index)).succeeded();
        assertThat(reply.bytes(0)).isEqualTo(words(32, READ_WRITE_MMAP, index, 0, bytes, 0, 0, 0));
        assertThat(reply.fds()).hasSize(1);
        try (Fd fd = reply.fds().getFirst(); Mapping mapping = Mapping.of(fd, 0, bytes, Protection.READ_WRITE)) {
            assertThat(mapping.segment().get(ValueLayout.JAVA_INT, bytes - 4)).isEqualTo(lastWord);
        }
    }
}
