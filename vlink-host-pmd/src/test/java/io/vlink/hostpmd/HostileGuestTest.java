// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.hostpmd.TestGuest.Lent;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.channel.SubChannel;
import io.vlink.spec.pci.Limits;
import io.vlink.spec.record.HostCounter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a guest may return, and what it costs: each test sends five packets, spoils the middle one on its way back, and asserts
 * that the neighbours pass, the reason is counted, and every buffer is accounted for.
 */
class HostileGuestTest {
    private static final int QUEUE_SIZE = 64;
    private static final int PACKETS = 5;
    private static final int BAD = 2;
    private static final int LENGTH = 100;

    private final TestLink link = new TestLink(2, QUEUE_SIZE);
    private final TestGuest guest = new TestGuest(link);
    private final VlinkPort port = link.attach(LinkMode.MQ);
    private final PacketBurst burst = new PacketBurst(QUEUE_SIZE);

    @BeforeEach
    void bringUp() {
        guest.acknowledge();
        assertThat(port.linkUp()).isTrue();
        port.rxBurst(0, burst);
        port.rxBurst(1, burst);
    }

    @AfterEach
    void close() {
        port.close();
        link.close();
    }

    private List<Lent> send(int queue) {
        burst.count = 0;
        assertThat(port.alloc(burst, PACKETS)).isEqualTo(PACKETS);
        for (int i = 0; i < PACKETS; i++) {
            burst.length(i, LENGTH);
        }
        assertThat(port.txBurst(queue, burst)).isEqualTo(PACKETS);
        burst.count = 0;
        return guest.take(queue, SubChannel.RX);
    }

    private ChannelStatistics returnWithBadOne(SubChannel ring, UnaryOperator<Lent> spoil) {
        ChannelStatistics before = port.channelStatistics();
        List<Lent> packets = new ArrayList<>(send(0));
        packets.set(BAD, spoil.apply(packets.get(BAD)));
        guest.put(0, ring, packets);
        port.rxBurst(0, burst);
        return port.channelStatistics().since(before);
    }

    /** Every buffer is free, lent, or in the test's burst. */
    private void assertNoBufferLost() {
        assertThat(port.freeBuffers() + port.lentBuffers() + burst.count).isEqualTo(port.bufferCount());
    }

    private static void assertOnlyDrop(ChannelStatistics statistics, HostCounter reason, long count) {
        assertThat(statistics.total(reason)).isEqualTo(count);
        assertThat(statistics.drops().values().stream().mapToLong(Long::longValue).sum()).isEqualTo(count);
        assertThat(statistics.total(HostCounter.QUARANTINED)).isZero();
    }

    static List<Long> wildAddresses() {
        long pool = TestLink.PAGE_BYTES - 16L * Limits.BUFFER_BYTES;
        long poolEnd = pool + 2L * QUEUE_SIZE * Limits.BUFFERS_PER_SLOT * Limits.BUFFER_BYTES;
        return List.of(0L, -1L, Long.MIN_VALUE, Long.MAX_VALUE, -TestLink.PAGE_BYTES, 0xffff_ffff_ffff_f800L,
                TestLink.BUS_ADDRESSES[1] - 1, TestLink.BUS_ADDRESSES[1] + TestLink.PAGE_BYTES,
                TestLink.BUS_ADDRESSES[0] + TestLink.PAGE_BYTES, TestLink.busAddress(pool - 1),
                TestLink.busAddress(poolEnd), TestLink.BUS_ADDRESSES[0]);
    }

    @ParameterizedTest
    @MethodSource("wildAddresses")
    void dropsAddressesOutsideThePool(long address) {
        ChannelStatistics seen = returnWithBadOne(SubChannel.TX, packet -> packet.withAddress(address));
        assertOnlyDrop(seen, HostCounter.DROP_BAD_ADDRESS, 1);
        assertThat(burst.count).isEqualTo(PACKETS - 1);
        assertNoBufferLost();
    }

    @ParameterizedTest
    @MethodSource("wildAddresses")
    void dropsFreedAddressesOutsideThePool(long address) {
        ChannelStatistics seen = returnWithBadOne(SubChannel.FREE, packet -> packet.withAddress(address));
        assertOnlyDrop(seen, HostCounter.DROP_BAD_ADDRESS, 1);
        assertThat(seen.total(HostCounter.FREE_BUFFERS)).isEqualTo(PACKETS - 1);
        assertNoBufferLost();
    }

    @ParameterizedTest
    @EnumSource(names = {"TX", "FREE"})
    void dropsABufferThatWasNeverLent(SubChannel ring) {
        long last = TestLink.busAddress(link.poolOffset + (link.bufferCount - 1L) * Limits.BUFFER_BYTES);
        ChannelStatistics seen = returnWithBadOne(ring, packet -> packet.withAddress(last));
        assertOnlyDrop(seen, HostCounter.DROP_NOT_LENT, 1);
        assertNoBufferLost();
    }

    @ParameterizedTest
    @EnumSource(names = {"TX", "FREE"})
    void dropsABufferThatComesBackTwice(SubChannel again) {
        List<Lent> packets = new ArrayList<>(send(0));
        ChannelStatistics before = port.channelStatistics();
        guest.put(0, SubChannel.TX, packets);
        guest.put(0, again, List.of(packets.get(BAD), packets.get(BAD)));
        port.rxBurst(0, burst);
        assertOnlyDrop(port.channelStatistics().since(before), HostCounter.DROP_NOT_LENT, 2);
        assertThat(burst.count).isEqualTo(PACKETS);
        assertNoBufferLost();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1, 0x7fff, 0x8000})
    void dropsAnotherGeneration(int difference) {
        ChannelStatistics seen = returnWithBadOne(SubChannel.TX,
                packet -> packet.withGeneration((int) (packet.meta() >>> 48) + difference));
        assertOnlyDrop(seen, HostCounter.DROP_STALE_GENERATION, 1);
        assertThat(burst.count).isEqualTo(PACKETS - 1);
        assertNoBufferLost();
    }

    @Test
    void dropsAReturnFromAnEarlierLendingOfTheSameBuffer() {
        List<Lent> first = send(0);
        guest.put(0, SubChannel.TX, first);
        port.rxBurst(0, burst);
        port.free(burst);
        List<Lent> second = send(0);
        assertThat(second).extracting(Lent::address).containsAnyOf(first.getFirst().address());

        ChannelStatistics before = port.channelStatistics();
        guest.put(0, SubChannel.TX, first);
        port.rxBurst(0, burst);
        assertOnlyDrop(port.channelStatistics().since(before), HostCounter.DROP_STALE_GENERATION, PACKETS);
        assertThat(burst.count).isZero();
        guest.put(0, SubChannel.TX, second);
        assertThat(port.rxBurst(0, burst)).isEqualTo(PACKETS);
        assertNoBufferLost();
    }

    @Test
    void dropsBuffersOfAnotherChannel() {
        List<Lent> own = send(0);
        List<Lent> foreign = send(1);
        ChannelStatistics before = port.channelStatistics();
        guest.put(0, SubChannel.TX, List.of(own.get(0), foreign.get(0), own.get(1)));
        assertThat(port.rxBurst(0, burst)).isEqualTo(2);
        assertOnlyDrop(port.channelStatistics().since(before), HostCounter.DROP_NOT_LENT, 1);
        guest.put(1, SubChannel.TX, foreign);
        assertThat(port.rxBurst(1, burst)).isEqualTo(PACKETS);
        assertNoBufferLost();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 13, Limits.BUFFER_BYTES + 1, Integer.MAX_VALUE, Integer.MIN_VALUE, -1, -14})
    void dropsLengthsThatAreNoFrameAndKeepsTheBuffer(int length) {
        ChannelStatistics seen = returnWithBadOne(SubChannel.TX, packet -> packet.withLength(length));
        assertOnlyDrop(seen, HostCounter.DROP_BAD_LENGTH, 1);
        assertThat(burst.count).isEqualTo(PACKETS - 1);
        assertThat(port.freeBuffers() + port.lentBuffers()).isEqualTo(port.bufferCount() - burst.count);
    }

    @Test
    void dropsAPacketThatRunsPastTheEndOfItsBuffer() {
        ChannelStatistics seen = returnWithBadOne(SubChannel.TX,
                packet -> packet.withAddress(packet.address() + Limits.BUFFER_BYTES - LENGTH + 1));
        assertOnlyDrop(seen, HostCounter.DROP_BAD_LENGTH, 1);
        assertNoBufferLost();
    }

    @Test
    void acceptsAPacketThatEndsWithItsBuffer() {
        ChannelStatistics seen = returnWithBadOne(SubChannel.TX,
                packet -> packet.withAddress((packet.address() | (Limits.BUFFER_BYTES - 1)) + 1 - LENGTH));
        assertOnlyDrop(seen, HostCounter.DROP_BAD_LENGTH, 0);
        assertThat(burst.count).isEqualTo(PACKETS);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 0x8000, 0xffff})
    void dropsFlagsAndKeepsTheBuffer(int flags) {
        ChannelStatistics seen = returnWithBadOne(SubChannel.TX, packet -> packet.withFlags(flags));
        assertOnlyDrop(seen, HostCounter.DROP_BAD_FLAGS, 1);
        assertThat(burst.count).isEqualTo(PACKETS - 1);
        assertNoBufferLost();
    }

    @ParameterizedTest
    @EnumSource(SubChannel.class)
    void quarantinesTheChannelOfAnImpossiblePositionAndNoOther(SubChannel ring) {
        List<Lent> other = send(1);
        send(0);
        guest.moveTo(0, ring, ring == SubChannel.TX || ring == SubChannel.FREE ? QUEUE_SIZE + 1 : 1L << 40);
        for (int i = 0; i < 3; i++) {
            assertThat(port.rxBurst(0, burst)).isZero();
            fillRing(0);
        }
        assertThat(port.channelStatistics().value(0, HostCounter.QUARANTINED)).isEqualTo(1);
        assertThat(port.channelStatistics().value(1, HostCounter.QUARANTINED)).isZero();
        guest.put(1, SubChannel.TX, other);
        assertThat(port.rxBurst(1, burst)).isEqualTo(PACKETS);
        assertNoBufferLost();
        assertRecoversInANewEpoch();
    }

    /** Sends until the ring is full, so that the driver has to look at the guest's position. */
    private void fillRing(int queue) {
        PacketBurst packets = new PacketBurst(QUEUE_SIZE);
        port.alloc(packets, QUEUE_SIZE);
        for (int i = 0; i < packets.count; i++) {
            packets.length(i, LENGTH);
        }
        packets.removeFirst(port.txBurst(queue, packets));
        port.free(packets);
    }

    private void assertRecoversInANewEpoch() {
        port.free(burst);
        guest.lane(LaneState.INITIALIZING.word(0));
        assertThat(port.linkUp()).isFalse();
        guest.acknowledge();
        assertThat(port.linkUp()).isTrue();
        assertThat(port.channelStatistics().value(0, HostCounter.QUARANTINED)).isZero();
        assertThat(port.freeBuffers()).isEqualTo(port.bufferCount());
        assertEpochBeginsFromWhatWasCounted();
        guest.put(0, SubChannel.TX, send(0));
        assertThat(port.rxBurst(0, burst)).isEqualTo(PACKETS);
    }

    private void assertEpochBeginsFromWhatWasCounted() {
        ChannelStatistics now = port.channelStatistics();
        for (HostCounter counter : HostCounter.values()) {
            if (counter != counter.counted()) {
                assertThat(now.value(0, counter)).as(counter.label()).isEqualTo(now.value(0, counter.counted()));
            }
        }
    }

    @Test
    void whatWasDroppedInAnEarlierEpochIsNotOfThisOne() {
        returnWithBadOne(SubChannel.TX, packet -> packet.withAddress(0));
        ChannelStatistics before = port.channelStatistics();
        assertThat(before.value(0, HostCounter.DROP_BAD_ADDRESS)).isEqualTo(1);
        assertThat(before.value(0, HostCounter.EPOCH_DROP_BAD_ADDRESS)).isZero();
        assertRecoversInANewEpoch();
        assertThat(port.channelStatistics().value(0, HostCounter.EPOCH_DROP_BAD_ADDRESS)).isEqualTo(1);
    }

    @Test
    void takesAWrappedPositionForImpossible() {
        guest.moveTo(0, SubChannel.TX, -1);
        assertThat(port.rxBurst(0, burst)).isZero();
        assertThat(port.channelStatistics().value(0, HostCounter.QUARANTINED)).isEqualTo(1);
    }
}
