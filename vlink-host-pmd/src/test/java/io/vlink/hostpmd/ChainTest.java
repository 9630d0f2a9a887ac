// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.hostpmd.TestGuest.Lent;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.SubChannel;
import io.vlink.spec.pci.Limits;
import io.vlink.spec.record.HostCounter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Packets of several buffers, through a port and real rings: a link with an MTU of 9,000 has frames of up to five buffers. */
class ChainTest {
    private static final int QUEUE_SIZE = 64;
    private static final int MTU = 9_000;
    private static final int FRAME_BYTES = 9_014;
    private static final int SEGMENTS = 5;

    private final TestLink link = new TestLink(2, QUEUE_SIZE, MTU);
    private final TestGuest guest = new TestGuest(link);
    private final PacketBurst burst = new PacketBurst(2 * QUEUE_SIZE);

    @AfterEach
    void close() {
        link.close();
    }

    /** Appends a chain of full buffers and a last one, filled with bytes that differ from chain to chain. */
    private byte[] appendChain(VlinkPort port, int segments, int lastLength, int seed) {
        int first = burst.count();
        assertThat(port.alloc(burst, segments)).isEqualTo(segments);
        byte[] frame = new byte[(segments - 1) * Limits.BUFFER_BYTES + lastLength];
        for (int i = 0; i < frame.length; i++) {
            frame[i] = (byte) (i * 7 + seed);
        }
        for (int i = 0; i < segments; i++) {
            boolean last = i == segments - 1;
            int length = last ? lastLength : Limits.BUFFER_BYTES;
            burst.meta(first + i, Descriptor.meta(length, last ? 0 : Descriptor.FLAG_MORE, 0));
            MemorySegment.copy(frame, i * Limits.BUFFER_BYTES, port.region(), ValueLayout.JAVA_BYTE,
                    burst.offset(first + i), length);
        }
        return frame;
    }

    private byte[] appendChain(VlinkPort port, int seed) {
        return appendChain(port, SEGMENTS, FRAME_BYTES - (SEGMENTS - 1) * Limits.BUFFER_BYTES, seed);
    }

    private byte[] bytes(List<Lent> segments) {
        byte[] frame = new byte[segments.stream().mapToInt(Lent::length).sum()];
        int at = 0;
        for (Lent segment : segments) {
            MemorySegment.copy(link.region(), ValueLayout.JAVA_BYTE, link.offset(segment.address()), frame, at,
                    segment.length());
            at += segment.length();
        }
        return frame;
    }

    private byte[] bytesOfBurst() {
        byte[] frame = new byte[FRAME_BYTES];
        int at = 0;
        for (int i = 0; i < burst.count(); i++) {
            MemorySegment.copy(link.region(), ValueLayout.JAVA_BYTE, burst.offset(i), frame, at, burst.length(i));
            at += burst.length(i);
        }
        assertThat(at).isEqualTo(FRAME_BYTES);
        return frame;
    }

    @Nested
    class FromTheProgram {
        private final VlinkPort port = guest.up(LinkMode.MQ);

        @AfterEach
        void detach() {
            port.close();
        }

        @ParameterizedTest
        @CsvSource({"5, 823", "5, 2048", "6, 14", "7, 2048"}) // one byte too long; more buffers than the MTU fills
        void refusesAChainLongerThanTheMtuAndSendsThoseBefore(int segments, int lastLength) {
            appendChain(port, 1, 60, 0);
            appendChain(port, segments, lastLength, 1);
            assertThatThrownBy(() -> port.txBurst(0, burst)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("14 to 9014 bytes").hasMessageContaining("packet=1");
            assertThat(guest.take(0, SubChannel.RX)).hasSize(1);
            burst.removeFirst(1);
            port.free(burst); // every buffer of the chain is still the program's
            assertThat(port.freeBuffers()).isEqualTo(port.bufferCount() - 1);
        }

        @Test
        void refusesAChainWithoutAnEndAndOneWithTheSameBufferTwice() {
            appendChain(port, 0);
            burst.hideAllAfter(burst.count() - 1);
            assertThatThrownBy(() -> port.txBurst(0, burst)).hasMessageContaining("end in the burst");
            burst.reveal();
            long last = burst.offset(SEGMENTS - 1);
            burst.offset(SEGMENTS - 1, burst.offset(0));
            assertThatThrownBy(() -> port.txBurst(0, burst)).hasMessageContaining("packet=0");
            burst.offset(SEGMENTS - 1, last);
            assertThat(guest.take(0, SubChannel.RX)).isEmpty();
            assertThat(port.txBurst(0, burst)).isEqualTo(SEGMENTS); // nothing of it was lent
        }

        @Test
        void arrivesInOrderWithEveryByteAndCountsAsOnePacket() {
            byte[] frame = appendChain(port, 3);
            assertThat(port.txBurst(0, burst)).isEqualTo(SEGMENTS);
            List<Lent> segments = guest.take(0, SubChannel.RX);
            assertThat(segments).extracting(segment -> Descriptor.flags(segment.meta())).containsExactly(1, 1, 1, 1, 0);
            assertThat(bytes(segments)).isEqualTo(frame);
            assertThat(port.channelStatistics().value(0, HostCounter.TX_PACKETS)).isEqualTo(1);
            assertThat(port.channelStatistics().value(0, HostCounter.TX_BYTES)).isEqualTo(FRAME_BYTES);
        }

        @Test
        void takesAChainWholeOrNotAtAll() {
            int chains = QUEUE_SIZE / SEGMENTS;
            for (int i = 0; i <= chains; i++) {
                appendChain(port, i);
            }
            assertThat(port.txBurst(0, burst)).isEqualTo(chains * SEGMENTS);
            assertThat(port.channelStatistics().value(0, HostCounter.TX_FULL)).isEqualTo(1);
            burst.removeFirst(chains * SEGMENTS);
            assertThat(port.txBurst(0, burst)).isZero();
            assertThat(guest.take(0, SubChannel.RX)).hasSize(chains * SEGMENTS);
            assertThat(port.txBurst(0, burst)).isEqualTo(SEGMENTS);
        }
    }

    @ParameterizedTest
    @EnumSource(LinkMode.class)
    void goesRoundTheEndOfEveryRing(LinkMode mode) {
        VlinkPort port = guest.up(mode);
        for (int i = 0; i < 2 * QUEUE_SIZE; i++) { // five laps: 64 is no multiple of five, so chains lie across the end
            byte[] frame = appendChain(port, i);
            assertThat(port.txBurst(0, burst)).isEqualTo(SEGMENTS);
            burst.clear();
            for (int channel = 0; channel < 2; channel++) {
                List<Lent> segments = guest.take(channel, SubChannel.RX);
                assertThat(segments.size()).isIn(0, SEGMENTS);
                guest.put(channel, SubChannel.TX, segments);
            }
            assertThat(port.rxBurst(0, burst)).isEqualTo(SEGMENTS);
            assertThat(bytesOfBurst()).isEqualTo(frame);
            port.free(burst);
        }
        assertThat(port.channelStatistics().total(HostCounter.RX_PACKETS)).isEqualTo(2L * QUEUE_SIZE);
        assertThat(port.freeBuffers() + port.lentBuffers()).isEqualTo(port.bufferCount());
        port.close();
    }

    @Nested
    class FromTheGuest {
        private final VlinkPort port = guest.up(LinkMode.MQ);
        private final List<Lent> empty = lendEmpty();
        private final int lent = port.lentBuffers();

        @AfterEach
        void detach() {
            port.close();
        }

        private List<Lent> lendEmpty() {
            port.rxBurst(0, burst);
            return guest.take(0, SubChannel.ALLOC);
        }

        /** Makes a chain of empty buffers, from a number on. */
        private List<Lent> chain(int first, int segments) {
            List<Lent> chain = new ArrayList<>();
            for (int i = 0; i < segments; i++) {
                boolean last = i == segments - 1;
                chain.add(empty.get(first + i).withFlags(last ? 0 : Descriptor.FLAG_MORE)
                        .withLength(last ? 822 : Limits.BUFFER_BYTES));
            }
            return chain;
        }

        private static final int BAD = 2;

        static List<Arguments> spoilt() {
            UnaryOperator<Lent> address = segment -> segment.withAddress(0);
            UnaryOperator<Lent> generation = segment -> segment
                    .withGeneration(Descriptor.generation(segment.meta()) + 1);
            UnaryOperator<Lent> flags = segment -> segment.withFlags(Descriptor.FLAG_MORE | 2);
            UnaryOperator<Lent> none = segment -> segment.withLength(0);
            UnaryOperator<Lent> behind = segment -> segment.withLength(Limits.BUFFER_BYTES + 1);
            return List.of(Arguments.of(HostCounter.DROP_BAD_ADDRESS, address, 1),
                    Arguments.of(HostCounter.DROP_STALE_GENERATION, generation, 1),
                    Arguments.of(HostCounter.DROP_BAD_FLAGS, flags, 0),
                    Arguments.of(HostCounter.DROP_BAD_LENGTH, none, 0),
                    Arguments.of(HostCounter.DROP_BAD_LENGTH, behind, 0));
        }

        @ParameterizedTest
        @MethodSource("spoilt")
        void isDroppedOnceForABadThirdDescriptorAndItsGoodBuffersComeBack(HostCounter reason, UnaryOperator<Lent> spoil,
                int lost) {
            List<Lent> bad = chain(1, SEGMENTS);
            bad.set(BAD, spoil.apply(bad.get(BAD)));
            List<Lent> all = new ArrayList<>(List.of(empty.get(0).withLength(60)));
            all.addAll(bad);
            all.add(empty.get(1 + SEGMENTS).withLength(61));
            guest.put(0, SubChannel.TX, all);
            assertThat(port.rxBurst(0, burst)).isEqualTo(2);
            assertThat(burst.length(0)).isEqualTo(60);
            assertThat(burst.length(1)).isEqualTo(61);
            ChannelStatistics statistics = port.channelStatistics();
            assertThat(statistics.value(0, reason)).isEqualTo(1);
            assertThat(statistics.drops().values().stream().mapToLong(Long::longValue).sum()).isEqualTo(1);
            assertThat(statistics.value(0, HostCounter.RX_DROPPED)).isEqualTo(1);
            assertOnlyStillLent(lost);
        }

        /** What went back, less what the driver has lent to the guest afresh meanwhile, and what could not be taken. */
        private void assertOnlyStillLent(int lost) {
            int lentAfresh = guest.take(0, SubChannel.ALLOC).size();
            assertThat(port.lentBuffers()).isEqualTo(lent - 2 - SEGMENTS + lost + lentAfresh);
            assertThat(port.freeBuffers() + port.lentBuffers() + burst.count()).isEqualTo(port.bufferCount());
        }

        @ParameterizedTest
        @CsvSource({"5, 823", "6, 14"})
        void isDroppedWithAllItsBuffersIfItIsLongerThanTheMtu(int segments, int lastLength) {
            List<Lent> tooLong = chain(0, segments);
            tooLong.set(segments - 1, tooLong.getLast().withLength(lastLength));
            guest.put(0, SubChannel.TX, tooLong);
            assertThat(port.rxBurst(0, burst)).isZero();
            assertThat(port.channelStatistics().value(0, HostCounter.DROP_BAD_LENGTH)).isEqualTo(1);
            assertThat(port.channelStatistics().value(0, HostCounter.RX_DROPPED)).isEqualTo(1);
            int lentAfresh = guest.take(0, SubChannel.ALLOC).size();
            assertThat(port.lentBuffers()).isEqualTo(lent - segments + lentAfresh);
            guest.put(0, SubChannel.TX, chain(segments, SEGMENTS));
            assertThat(port.rxBurst(0, burst)).isEqualTo(SEGMENTS);
        }

        @Test
        void arrivesWholeAlsoWhenItsDescriptorsComeOneByOne() {
            List<Lent> chain = chain(0, SEGMENTS);
            for (int i = 0; i < SEGMENTS; i++) {
                assertThat(port.rxBurst(0, burst)).isZero();
                guest.put(0, SubChannel.TX, List.of(chain.get(i)));
            }
            assertThat(port.rxBurst(0, burst)).isEqualTo(SEGMENTS);
            assertThat(bytesOfBurst()).isEqualTo(bytes(chain));
            assertThat(port.channelStatistics().value(0, HostCounter.RX_PACKETS)).isEqualTo(1);
            assertThat(port.channelStatistics().value(0, HostCounter.RX_BYTES)).isEqualTo(FRAME_BYTES);
        }

        @Test
        void waitsForABurstThatHasRoomForAllOfIt() {
            assertThatThrownBy(() -> port.rxBurst(0, new PacketBurst(SEGMENTS - 1)))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("segments=5");
            guest.put(0, SubChannel.TX, chain(0, SEGMENTS));
            guest.put(0, SubChannel.TX, chain(SEGMENTS, SEGMENTS));
            PacketBurst small = new PacketBurst(2 * SEGMENTS - 1);
            assertThat(port.rxBurst(0, small)).isEqualTo(SEGMENTS);
            assertThat(port.rxBurst(0, small)).isZero();
            port.free(small);
            assertThat(port.rxBurst(0, small)).isEqualTo(SEGMENTS);
        }
    }
}
