// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.spec.channel.ChannelMemoryLayout;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.DataChannelLayout;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.GuestCounter;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SubChannel;
import io.vlink.spec.pci.ControlRegister;
import io.vlink.spec.record.HostCounter;
import io.vlink.spec.record.LedgerEntry;
import io.vlink.spec.record.LinkRecordLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Formulas of SPEC.md worked out by hand: literals only, none taken from the constants. */
class LayoutTest {
    @Nested
    class Registers {
        @ParameterizedTest
        @EnumSource(ControlRegister.class)
        void areAlignedAndInsideTheBar(ControlRegister register) {
            assertThat(register.offset() % 4).isZero();
            assertThat(register.offset()).isBetween(0, 252);
            assertThat(ControlRegister.atOffset(register.offset())).isSameAs(register);
        }

        @ParameterizedTest
        @CsvSource({"0,COMMON_0", "4,COMMON_1", "8,COMMON_2", "12,COMMON_3", "16,INTERRUPT_ENABLE", "20,NR_PAGES",
                "24,HUGEPAGE_ADDRESS_LOW", "28,HUGEPAGE_ADDRESS_HIGH", "32,LINK_ENABLED", "36,LINK_CTRL_CHANNEL_IDX"})
        void beginWithThoseOfTheOriginalSystem(int offset, ControlRegister register) {
            assertThat(ControlRegister.atOffset(offset)).isSameAs(register);
        }

        @ParameterizedTest
        @ValueSource(longs = {-4, -1, 1, 2, 3, 0x51, 0x58, 252, 256, 0x100000000L, Long.MAX_VALUE, Long.MIN_VALUE})
        void areNowhereElse(long offset) {
            assertThat(ControlRegister.atOffset(offset)).isNull();
        }
    }

    @Nested
    class Channels {
        @Test
        void keepEveryWrittenWordIn128BytesOfItsOwn() {
            assertThat(RingLayout.PRODUCER_OFFSET / 128).isEqualTo(0);
            assertThat(RingLayout.CONSUMER_OFFSET / 128).isEqualTo(1);
            assertThat(RingLayout.DESCRIPTORS_OFFSET / 128).isEqualTo(2);
            assertThat(ControlChannelLayout.HOST_LANE_OFFSET % 128).isZero();
            assertThat(ControlChannelLayout.GUEST_LANE_OFFSET - ControlChannelLayout.HOST_LANE_OFFSET).isEqualTo(128);
            assertThat(DataChannelLayout.GUEST_COUNTERS_OFFSET % 128).isZero();
        }

        @ParameterizedTest
        @CsvSource({"8, 0x180, 0x100, 0x280, 0x400, 0x580, 0x1000",
                "1024, 0x4100, 0x100, 0x4200, 0x8300, 0xc400, 0x11000",
                "16384, 0x40100, 0x100, 0x40200, 0x80300, 0xc0400, 0x101000"})
        void putFourRingsOneAfterTheOther(int queueSize, String ring, String rx, String tx, String alloc, String free,
                String channel) {
            assertThat(RingLayout.bytes(queueSize)).isEqualTo(Long.decode(ring));
            assertThat(DataChannelLayout.ringOffset(SubChannel.RX, queueSize)).isEqualTo(Long.decode(rx));
            assertThat(DataChannelLayout.ringOffset(SubChannel.TX, queueSize)).isEqualTo(Long.decode(tx));
            assertThat(DataChannelLayout.ringOffset(SubChannel.ALLOC, queueSize)).isEqualTo(Long.decode(alloc));
            assertThat(DataChannelLayout.ringOffset(SubChannel.FREE, queueSize)).isEqualTo(Long.decode(free));
            assertThat(DataChannelLayout.bytes(queueSize)).isEqualTo(Long.decode(channel));
        }

        @ParameterizedTest
        @ValueSource(ints = {Integer.MIN_VALUE, -8, 0, 1, 4, 7, 9, 1000, 32768, 1 << 30, Integer.MAX_VALUE})
        void refuseOtherQueueSizes(int queueSize) {
            assertThatThrownBy(() -> RingLayout.bytes(queueSize)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("queue_size must be a power of two from 8 to 16384: queue_size=" + queueSize);
        }

        @Test
        void haveTheirRowsInTheDirectory() {
            assertThat(ChannelMemoryLayout.directoryRowOffset(0)).isEqualTo(0x80);
            assertThat(ChannelMemoryLayout.directoryRowOffset(63)).isEqualTo(0x860);
            assertThatThrownBy(() -> ChannelMemoryLayout.directoryRowOffset(64)).hasMessageContaining("channel=64");
            assertThat(ControlChannelLayout.dataChannelOffset(14)).isEqualTo(0x98);
            assertThatThrownBy(() -> ControlChannelLayout.dataChannelOffset(15)).hasMessageContaining("queue=15");
        }

        @Test
        void startWithWordsThatReadAsTextInMemory() {
            assertThat(littleEndian(ChannelMemoryLayout.MAGIC, 8)).isEqualTo("VLINKCHM");
            assertThat(littleEndian(ControlChannelLayout.MAGIC, 4)).isEqualTo("VLCC");
            assertThat(littleEndian(DataChannelLayout.MAGIC, 4)).isEqualTo("VLDC");
            assertThat(littleEndian(LinkRecordLayout.MAGIC, 8)).isEqualTo("VLINKREC");
        }

        @Test
        void countInWordsOfEightBytes() {
            assertThat(GuestCounter.RX_PACKETS.offset()).isEqualTo(0x80);
            assertThat(GuestCounter.TX_FULL.offset()).isEqualTo(0xb8);
            assertThat(HostCounter.QUARANTINED.offset(0x1000, 14)).isEqualTo(0x1000 + (14 * 64 + 13) * 8);
        }

        @Test
        void haveFiveReasonsToDropWithACopyOfEachFromTheEpochsStart() {
            assertThat(HostCounter.dropReasons()).extracting(HostCounter::label).containsExactly("drop_bad_address",
                    "drop_not_lent", "drop_stale_generation", "drop_bad_length", "drop_bad_flags");
            assertThat(HostCounter.dropReasons()).extracting(reason -> reason.atEpochStart().ordinal())
                    .containsExactly(19, 20, 21, 22, 23);
        }
    }

    @Nested
    class Words {
        @Test
        void packADescriptorsMeta() {
            long meta = Descriptor.meta(0xfffffffe, 0x8001, 0xfedc);

            assertThat(meta).isEqualTo(0xfedc8001fffffffeL);
            assertThat(Descriptor.length(meta)).isEqualTo(0xfffffffe);
            assertThat(Descriptor.flags(meta)).isEqualTo(0x8001);
            assertThat(Descriptor.generation(meta)).isEqualTo(0xfedc);
            assertThat(Descriptor.withLength(meta, 60)).isEqualTo(0xfedc80010000003cL);
        }

        @Test
        void packALaneWord() {
            assertThat(LaneState.INITIALIZED.word(0xffffffff)).isEqualTo(0xffffffff00000002L);
            assertThat(LaneState.epoch(0x8000000100000002L)).isEqualTo(0x80000001);
            assertThat(LaneState.of(0x0000000700000001L)).isSameAs(LaneState.INITIALIZING);
            assertThat(LaneState.INITIALIZED.word(-1, 0x12fedcba)).isEqualTo(0xfffffffffedcba02L);
            assertThat(LaneState.of(0xfffffffffedcba02L)).isSameAs(LaneState.INITIALIZED);
            assertThat(LaneState.INITIALIZED.isSaidBy(0xfffffffffedcba02L, -1)).isTrue();
            assertThat(LaneState.INITIALIZED.isSaidBy(0xfffffffffedcba02L, -2)).isFalse();
            assertThat(LaneState.INITIALIZING.isSaidBy(0xfffffffffedcba02L, -1)).isFalse();
        }

        @ParameterizedTest
        @ValueSource(longs = {0x0000000100000000L, 0x0000000100000003L, 0x00000001000002ffL, 0x00000001ffffffffL, -1L})
        void takeAnyOtherStateForNotInitialized(long word) {
            assertThat(LaneState.of(word)).isSameAs(LaneState.NOT_INITIALIZED);
        }

        @Test
        void packALedgerEntry() {
            long entry = LedgerEntry.lent(0xfffffffe, 14, 0x1ffff);

            assertThat(entry).isEqualTo(0xffff010efffffffeL);
            assertThat(LedgerEntry.state(entry)).isEqualTo(1);
            assertThat(LedgerEntry.channel(entry)).isEqualTo(14);
            assertThat(LedgerEntry.generation(entry)).isEqualTo(0xffff);
            assertThat(LedgerEntry.epoch(entry)).isEqualTo(0xfffffffe);
        }
    }

    private static String littleEndian(long value, int bytes) {
        byte[] memory = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
        return new String(memory, 0, bytes, StandardCharsets.US_ASCII);
    }
}
