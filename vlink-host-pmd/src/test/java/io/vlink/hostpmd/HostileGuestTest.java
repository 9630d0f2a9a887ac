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
import io.vlink.spec.record.QuarantineReason;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a guest may return, and what it costs: each test sends five packets, spoils the middle one on its way back, and asserts
 * that the neighbours pass, the reason is counted, and every buffer is accounted for.
 */
@ParameterizedClass
@EnumSource(TestLink.Table.class)
class HostileGuestTest {
    private static final int QUEUE_SIZE = 64;
    private static final int PACKETS = 5;
    private static final int BAD = 2;
    private static final int LENGTH = 100;

    private final TestLink link;
    private final TestGuest guest;
    private final VlinkPort port;
    private final PacketBurst burst = new PacketBurst(QUEUE_SIZE);

    HostileGuestTest(TestLink.Table table) {
        link = new TestLink(2, QUEUE_SIZE, Limits.DEFAULT_MTU, table);
        guest = new TestGuest(link);
        port = link.attach(LinkMode.MQ);
    }

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
        burst.clear();
        assertThat(port.alloc(burst, PACKETS)).isEqualTo(PACKETS);
        for (int i = 0; i < PACKETS; i++) {
            burst.length(i, LENGTH);
        }
        assertThat(port.txBurst(queue, burst)).isEqualTo(PACKETS);
        burst.clear();
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
        assertThat(port.freeBuffers() + port.lentBuffers() + burst.count()).isEqualTo(port.bufferCount());
    }

    private static void assertOnlyDrop(ChannelStatistics statistics, HostCounter reason, long count) {
        assertThat(statistics.total(reason)).isEqualTo(count);
        assertThat(statistics.drops().values().stream().mapToLong(Long::longValue).sum()).isEqualTo(count);
        assertThat(statistics.total(HostCounter.QUARANTINED)).isZero();
    }

    /** Addresses outside the pool, some of which depend on where the pages stand. */
    enum Wild {
        // spotless:off
        ZERO, MINUS_ONE, LOWEST, HIGHEST, WRAPS_WITH_LENGTH, GOOD_IN_32_BITS, SIGN_EXTENDED, MINUS_A_PAGE, IN_NO_PAGE,
        BEFORE_THE_PAGES, BEHIND_THE_PAGES, FIRST_BYTE, BEFORE_THE_POOL, BEHIND_THE_POOL
        // spotless:on
    }

    private long address(Wild wild) {
        long first = link.busAddress(0);
        long second = link.busAddress(TestLink.PAGE_BYTES);
        return switch (wild) {
            case ZERO -> 0;
            case MINUS_ONE -> -1;
            case LOWEST -> Long.MIN_VALUE;
            case HIGHEST -> Long.MAX_VALUE;
            case WRAPS_WITH_LENGTH -> -LENGTH / 2;
            case GOOD_IN_32_BITS -> link.busAddress(link.poolOffset) + (1L << 32);
            case SIGN_EXTENDED -> 0xffff_ffff_ffff_f800L;
            case MINUS_A_PAGE -> -TestLink.PAGE_BYTES;
            case IN_NO_PAGE -> link.busAddressInNoPage();
            case BEFORE_THE_PAGES -> Math.min(first, second) - 1;
            case BEHIND_THE_PAGES -> Math.max(first, second) + TestLink.PAGE_BYTES;
            case FIRST_BYTE -> first;
            case BEFORE_THE_POOL -> link.busAddress(link.poolOffset - 1);
            case BEHIND_THE_POOL -> link.busAddress(link.poolEnd());
        };
    }

    @ParameterizedTest
    @EnumSource
    void dropsAddressesOutsideThePool(Wild wild) {
        long address = address(wild);
        ChannelStatistics seen = returnWithBadOne(SubChannel.TX, packet -> packet.withAddress(address));
        assertOnlyDrop(seen, HostCounter.DROP_BAD_ADDRESS, 1);
        assertThat(burst.count()).isEqualTo(PACKETS - 1);
        assertNoBufferLost();
    }

    @ParameterizedTest
    @EnumSource
    void dropsFreedAddressesOutsideThePool(Wild wild) {
        long address = address(wild);
        ChannelStatistics seen = returnWithBadOne(SubChannel.FREE, packet -> packet.withAddress(address));
        assertOnlyDrop(seen, HostCounter.DROP_BAD_ADDRESS, 1);
        assertThat(seen.total(HostCounter.FREE_BUFFERS)).isEqualTo(PACKETS - 1);
        assertNoBufferLost();
    }

    @ParameterizedTest
    @EnumSource(names = {"TX", "FREE"})
    void dropsABufferThatWasNeverLent(SubChannel ring) {
        long last = link.busAddress(link.poolOffset + (link.bufferCount - 1L) * Limits.BUFFER_BYTES);
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
        assertThat(burst.count()).isEqualTo(PACKETS);
        assertNoBufferLost();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1, 0x7fff, 0x8000})
    void dropsAnotherGeneration(int difference) {
        ChannelStatistics seen = returnWithBadOne(SubChannel.TX,
                packet -> packet.withGeneration((int) (packet.meta() >>> 48) + difference));
        assertOnlyDrop(seen, HostCounter.DROP_STALE_GENERATION, 1);
        assertThat(burst.count()).isEqualTo(PACKETS - 1);
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
        assertThat(burst.count()).isZero();
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
        assertThat(burst.count()).isEqualTo(PACKETS - 1);
        assertThat(port.freeBuffers() + port.lentBuffers()).isEqualTo(port.bufferCount() - burst.count());
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
        assertThat(burst.count()).isEqualTo(PACKETS);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 0x8000, 0xffff})
    void dropsFlagsAndKeepsTheBuffer(int flags) {
        ChannelStatistics seen = returnWithBadOne(SubChannel.TX, packet -> packet.withFlags(flags));
        assertOnlyDrop(seen, HostCounter.DROP_BAD_FLAGS, 1);
        assertThat(burst.count()).isEqualTo(PACKETS - 1);
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
        assertQuarantined(QuarantineReason.valueOf(ring + "_POSITION"));
        guest.put(1, SubChannel.TX, other);
        assertThat(port.rxBurst(1, burst)).isEqualTo(PACKETS);
        assertNoBufferLost();
        assertRecoversInANewEpoch();
    }

    /** Channel 0 is, with the reason on record, and channel 1 is not. */
    private void assertQuarantined(QuarantineReason reason) {
        ChannelStatistics now = port.channelStatistics();
        assertThat(now.value(0, HostCounter.QUARANTINED)).isEqualTo(1);
        assertThat(QuarantineReason.of(now.value(0, HostCounter.QUARANTINE_REASON))).isEqualTo(reason);
        assertThat(now.value(1, HostCounter.QUARANTINED)).isZero();
        assertThat(now.value(1, HostCounter.QUARANTINE_REASON)).isZero();
    }

    @ParameterizedTest
    @EnumSource(names = {"TX", "FREE"})
    void quarantinesTheChannelOfAGuestThatReturnsTooManyBadDescriptorsAndNoOther(SubChannel ring) {
        List<Lent> other = send(1);
        returnBad(ring, Limits.MAX_BAD_DESCRIPTORS);
        assertThat(port.channelStatistics().value(0, HostCounter.QUARANTINED)).isZero();
        assertThat(port.channelStatistics().value(0, HostCounter.DROP_BAD_ADDRESS))
                .isEqualTo(Limits.MAX_BAD_DESCRIPTORS);
        returnBad(ring, 1);
        assertQuarantined(QuarantineReason.BAD_DESCRIPTORS);
        guest.put(1, SubChannel.TX, other);
        assertThat(port.rxBurst(1, burst)).isEqualTo(PACKETS);
        assertNoBufferLost();
        assertRecoversInANewEpoch();
        returnBad(ring, Limits.MAX_BAD_DESCRIPTORS);
        assertThat(port.channelStatistics().value(0, HostCounter.QUARANTINED)).isZero();
    }

    private void returnBad(SubChannel ring, int count) {
        List<Lent> bad = Collections.nCopies(QUEUE_SIZE, new Lent(link.busAddressInNoPage(), LENGTH));
        for (int left = count; left > 0; left -= QUEUE_SIZE) {
            guest.put(0, ring, bad.subList(0, Math.min(left, QUEUE_SIZE)));
            drain(ring);
        }
    }

    private void drain(SubChannel ring) {
        for (int i = 0; i < 16 && guest.room(0, ring) < QUEUE_SIZE; i++) {
            assertThat(port.rxBurst(0, burst)).isZero();
        }
    }

    @Test
    void putsUpWithAsManyBadDescriptorsInEachWindow() {
        returnBad(SubChannel.TX, Limits.MAX_BAD_DESCRIPTORS);
        for (int taken = Limits.MAX_BAD_DESCRIPTORS; taken < Limits.BAD_DESCRIPTOR_WINDOW; taken += PACKETS) {
            guest.put(0, SubChannel.TX, send(0));
            assertThat(port.rxBurst(0, burst)).isEqualTo(PACKETS);
            port.free(burst);
        }
        returnBad(SubChannel.TX, Limits.MAX_BAD_DESCRIPTORS);
        assertThat(port.channelStatistics().value(0, HostCounter.QUARANTINED)).isZero();
        returnBad(SubChannel.TX, 1);
        assertQuarantined(QuarantineReason.BAD_DESCRIPTORS);
    }

    /** Sends until the ring is full, so that the driver has to look at the guest's position. */
    private void fillRing(int queue) {
        PacketBurst packets = new PacketBurst(QUEUE_SIZE);
        port.alloc(packets, QUEUE_SIZE);
        for (int i = 0; i < packets.count(); i++) {
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

    @ParameterizedTest
    @ValueSource(bytes = {0, 1, 0x7f, -1})
    void readsBackNothingThatItWroteWhereTheGuestCanWrite(byte value) {
        ChannelStatistics before = port.channelStatistics();
        List<Lent> lent = send(0);
        guest.scribbleOverTheHostsParts(value);
        guest.put(0, SubChannel.TX, lent);
        assertThat(port.rxBurst(0, burst)).isEqualTo(PACKETS);
        guest.scribbleOverTheHostsParts(value);
        port.free(burst);
        assertThat(send(0)).hasSize(PACKETS).allMatch(packet -> packet.length() == LENGTH);
        ChannelStatistics seen = port.channelStatistics().since(before);
        assertThat(seen.drops().values()).containsOnly(0L);
        assertThat(seen.total(HostCounter.QUARANTINED)).isZero();
        assertNoBufferLost();
        assertRecoversInANewEpoch();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, 1L << 32 | 1, 1L << 32, 2L << 32 | 1, 2L << 32 | 2, Long.MIN_VALUE})
    void startsANewEpochWhateverTheGuestWritesOverItsLaneWord(long word) {
        send(0);
        guest.scribbleOverTheHostsLane(word);
        assertThat(port.rxBurst(0, burst)).isZero();
        assertThat(port.linkUp()).isFalse();
        guest.acknowledge();
        assertThat(port.linkUp()).isTrue();
        assertThat(port.freeBuffers()).isEqualTo(port.bufferCount());
        assertThat(send(0)).hasSize(PACKETS);
    }

    @Test
    void regressionEndsTheEpochOfAQuarantineWhenTheGuestAgreesToItOnceMore() {
        guest.moveTo(0, SubChannel.TX, -1);
        assertThat(port.rxBurst(0, burst)).isZero();
        assertQuarantined(QuarantineReason.TX_POSITION);
        guest.moveTo(0, SubChannel.TX, 0);
        guest.lane(LaneState.INITIALIZED.word(LaneState.epoch(guest.hostWord()), 0x5a5a5a));
        assertThat(port.linkUp()).isFalse();
        assertRecoversInANewEpoch();
    }

    @Test
    void takesAWrappedPositionForImpossible() {
        guest.moveTo(0, SubChannel.TX, -1);
        assertThat(port.rxBurst(0, burst)).isZero();
        assertQuarantined(QuarantineReason.TX_POSITION);
    }

    private void returnGood(SubChannel ring, int count) {
        for (int taken = 0; taken < count; taken += PACKETS) {
            guest.put(0, ring, send(0));
            for (int i = 0; i < 16 && guest.room(0, ring) < QUEUE_SIZE; i++) {
                port.rxBurst(0, burst);
                port.free(burst);
            }
        }
    }

    /** A window that began late in one epoch must not swallow the ones of the next. */
    @Test
    void beginsTheWindowsOfBadDescriptorsAnewWithEachEpoch() {
        returnGood(SubChannel.TX, 2 * Limits.BAD_DESCRIPTOR_WINDOW);
        returnBad(SubChannel.TX, 1);
        assertRecoversInANewEpoch();
        port.free(burst);
        returnBad(SubChannel.TX, Limits.MAX_BAD_DESCRIPTORS);
        returnGood(SubChannel.TX, Limits.BAD_DESCRIPTOR_WINDOW);
        returnBad(SubChannel.TX, Limits.MAX_BAD_DESCRIPTORS);
        assertThat(port.channelStatistics().value(0, HostCounter.QUARANTINED)).isZero();
    }

    /** 1,024 of 65,536 descriptors, on whichever of its two rings the guest returns the good ones. */
    @ParameterizedTest
    @EnumSource(names = {"TX", "FREE"})
    void measuresWindowsByWhatComesBackOnBothRings(SubChannel ring) {
        returnBad(SubChannel.TX, Limits.MAX_BAD_DESCRIPTORS);
        returnGood(ring, Limits.BAD_DESCRIPTOR_WINDOW);
        returnBad(SubChannel.TX, Limits.MAX_BAD_DESCRIPTORS);
        assertThat(port.channelStatistics().value(0, HostCounter.QUARANTINED)).isZero();
        returnBad(SubChannel.TX, 1);
        assertQuarantined(QuarantineReason.BAD_DESCRIPTORS);
    }

    /** The numbers of SPEC.md, so that a wrong constant cannot agree with itself. */
    @Test
    void quarantinesAfter1024BadDescriptorsOf65536() {
        returnBad(SubChannel.TX, 1_024);
        returnGood(SubChannel.TX, 65_536 - 1_024 - PACKETS);
        assertThat(port.channelStatistics().value(0, HostCounter.QUARANTINED)).isZero();
        returnBad(SubChannel.TX, 1);
        assertQuarantined(QuarantineReason.BAD_DESCRIPTORS);
    }

    @Test
    void leavesTheRingsOfAChannelInQuarantineAlone() {
        List<Lent> lent = send(0);
        returnBad(SubChannel.TX, Limits.MAX_BAD_DESCRIPTORS + 1);
        assertQuarantined(QuarantineReason.BAD_DESCRIPTORS);
        guest.take(0, SubChannel.ALLOC); // room for empty buffers
        guest.put(0, SubChannel.TX, lent.subList(0, PACKETS / 2));
        guest.put(0, SubChannel.FREE, lent.subList(PACKETS / 2, PACKETS));
        ChannelStatistics before = port.channelStatistics();
        for (int i = 0; i < 64; i++) {
            assertThat(port.rxBurst(0, burst)).isZero();
        }
        assertThat(port.alloc(burst, PACKETS)).isEqualTo(PACKETS);
        for (int i = 0; i < PACKETS; i++) {
            burst.length(i, LENGTH);
        }
        assertThat(port.txBurst(0, burst)).as("packets for a channel in quarantine").isZero();
        assertThat(guest.take(0, SubChannel.RX)).isEmpty();
        assertThat(guest.take(0, SubChannel.ALLOC)).isEmpty();
        ChannelStatistics seen = port.channelStatistics().since(before);
        assertThat(seen.total(HostCounter.TX_PACKETS)).isZero();
        assertThat(seen.total(HostCounter.RX_PACKETS)).isZero();
        assertThat(seen.total(HostCounter.FREE_BUFFERS)).as("taken back").isZero();
        assertThat(seen.value(0, HostCounter.ALLOC_BUFFERS)).as("lent").isZero();
        assertNoBufferLost();
        assertRecoversInANewEpoch();
    }

    /** SPEC.md: the host alone counts epochs, in memory that no guest can reach; none is used twice. */
    @ParameterizedTest
    @ValueSource(longs = {0, -1, 1L << 32 | 1, 40L << 32 | 2, Long.MIN_VALUE})
    void theNextDriverCountsOnFromTheRecordWhateverStandsInTheLaneWord(long word) {
        int last = LaneState.epoch(guest.hostWord());
        port.close();
        guest.lane(LaneState.NOT_INITIALIZED.word(0));
        guest.scribbleOverTheHostsLane(word);
        try (VlinkPort next = link.attach(LinkMode.MQ)) {
            next.linkUp();
            assertThat(LaneState.epoch(guest.hostWord())).isEqualTo(last + 1);
        }
    }
}
