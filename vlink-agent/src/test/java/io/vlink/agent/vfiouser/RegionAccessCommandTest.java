// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import static io.vlink.agent.vfiouser.RawVfioUserClient.EINVAL;
import static io.vlink.agent.vfiouser.RawVfioUserClient.REGION_READ;
import static io.vlink.agent.vfiouser.RawVfioUserClient.REGION_WRITE;
import static io.vlink.agent.vfiouser.RawVfioUserClient.access;
import static io.vlink.agent.vfiouser.RawVfioUserClient.words;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegionAccessCommandTest {
    private static final int CONFIG = 7;
    private static final String OUTSIDE = """
            0,     256,                  4
            0,     255,                  2
            0,     -4,                   4
            0,     9223372036854775807,  1
            0,     0,                    257
            1,     0,                    1
            2,     4194304,              1
            2,     4194301,              4
            2,     9223372036854775807,  1
            2,     -9223372036854775808, 1
            2,     -1,                   2
            3,     65533,                4
            4,     0,                    4
            6,     0,                    4
            7,     254,                  4
            8,     0,                    1
            9,     0,                    1
            -1,    0,                    1
            """;

    @Nested
    class Read extends CommandTest {
        @Test
        void refusesAPayloadThatIsTooShortOrTooLong() {
            client.request(REGION_READ, Arrays.copyOf(access(0, CONFIG, 4), 15)).failed(EINVAL);
            client.request(REGION_READ, Arrays.copyOf(access(0, CONFIG, 4), 17)).failed(EINVAL);
        }

        @ParameterizedTest
        @ValueSource(ints = {0, -1, Integer.MIN_VALUE, (1 << 20) + 1})
        void refusesACountOutOfRange(int count) {
            client.request(REGION_READ, access(0, 2, count)).failed(EINVAL);
        }

        @ParameterizedTest
        @CsvSource(textBlock = OUTSIDE)
        void refusesWhatIsNotInsideARegion(int region, long offset, int count) {
            client.request(REGION_READ, access(offset, region, count)).failed(EINVAL);
        }

        @Test
        void readsTheLastBytesOfEachRegion() {
            served.regionMapping.segment().set(ValueLayout.JAVA_BYTE, ServedDevice.REGION_BYTES - 1, (byte) 0x5a);
            served.channelMapping.segment().set(ValueLayout.JAVA_BYTE, ServedDevice.CHANNEL_BYTES - 1, (byte) 0xa5);
            assertThat(read(2, ServedDevice.REGION_BYTES - 1, 1)).containsExactly(0x5a);
            assertThat(read(3, ServedDevice.CHANNEL_BYTES - 1, 1)).containsExactly(0xa5);
            assertThat(read(CONFIG, 255, 1)).containsExactly(0);
            assertThat(read(0, 255, 1)).containsExactly(0xff);
        }

        @Test
        void readsAsMuchAsAMessageCarries() {
            served.regionMapping.segment().fill((byte) 0x77);
            byte[] expected = new byte[1 << 20];
            Arrays.fill(expected, (byte) 0x77);
            assertThat(read(2, 1 << 20, 1 << 20)).isEqualTo(expected);
        }

        @Test
        void repeatsWhatWasAskedForInTheReply() {
            byte[] reply = client.request(REGION_READ, access(8, CONFIG, 4)).succeeded().bytes(0);
            assertThat(Arrays.copyOf(reply, 16)).isEqualTo(access(8, CONFIG, 4));
        }

        private byte[] read(int region, long offset, int count) {
            return client.request(REGION_READ, access(offset, region, count)).succeeded().bytes(16);
        }
    }

    @Nested
    class Write extends CommandTest {
        @Test
        void refusesMoreDataThanItOffered() {
            int tooMany = (1 << 20) + 1; // the message is still shorter than the longest one
            client.request(REGION_WRITE, access(0, 2, tooMany, new byte[tooMany])).failed(EINVAL);
        }

        @Test
        void refusesAPayloadThatIsTooShort() {
            client.request(REGION_WRITE, Arrays.copyOf(access(0, CONFIG, 4), 15)).failed(EINVAL);
        }

        @Test
        void refusesDataThatDoNotMatchTheCount() {
            client.request(REGION_WRITE, access(0, 0, 4, (byte) 1, (byte) 2, (byte) 3)).failed(EINVAL);
            client.request(REGION_WRITE, access(0, 0, 2, (byte) 1, (byte) 2, (byte) 3)).failed(EINVAL);
            client.request(REGION_WRITE, access(0, 0, 0)).failed(EINVAL);
            client.request(REGION_WRITE, access(0, 0, -1)).failed(EINVAL);
            assertThat(client.register(0)).as("COMMON_0 after refused writes").isZero();
        }

        @ParameterizedTest
        @CsvSource(textBlock = OUTSIDE)
        void refusesWhatIsNotInsideARegion(int region, long offset, int count) {
            client.request(REGION_WRITE, access(offset, region, count, new byte[count])).failed(EINVAL);
        }

        @Test
        void writesIntoTheMemoriesBehindBars() {
            client.request(REGION_WRITE, access(ServedDevice.REGION_BYTES - 4, 2, 4, words(0x01020304))).succeeded();
            client.request(REGION_WRITE, access(4_096, 3, 4, words(0x05060708))).succeeded();
            assertThat(served.regionMapping.segment().get(ValueLayout.JAVA_INT, ServedDevice.REGION_BYTES - 4))
                    .isEqualTo(0x01020304);
            assertThat(served.channelMapping.segment().get(ValueLayout.JAVA_INT, 4_096)).isEqualTo(0x05060708);
        }

        @Test
        void repeatsWhatWasWrittenInTheReplyWithoutItsData() {
            byte[] reply = client.request(REGION_WRITE, access(4, 0, 4, words(9))).succeeded().bytes(0);
            assertThat(reply).isEqualTo(access(4, 0, 4));
        }

        @Test
        void tellsTheDomainOfADoorbell() {
            client.register(0x50, 2);
            client.register(0x50, -1);
            assertThat(served.events).contains("doorbell 2", "doorbell 4294967295");
        }

        @Test
        void answersWithAnErrorWhereTheDomainFails() {
            client.request(REGION_WRITE, access(0x50, 0, 4, words(0xdead))).failed(RawVfioUserClient.EIO);
        }
    }
}
