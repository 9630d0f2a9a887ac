// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vlink.hostpmd.TestGuest.Lent;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.channel.SubChannel;
import io.vlink.spec.pci.Limits;
import io.vlink.spec.record.HostCounter;
import io.vlink.spec.record.QuarantineReason;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How systems like this one were broken, each once (docs/threat-model.md names the cases). Each asserts four things: the host
 * lives, another link of the same domain, whose buffers lie right behind in the same region, and the other channel of the same
 * link are undisturbed, the right reason is counted, no buffer is lost.
 * All of them on a link whose packets are one buffer each, and on one that has chains: the host reads these in different ways.
 */
@ParameterizedClass
@CsvSource({"OFFSETS, " + Limits.DEFAULT_MTU, "OFFSETS, " + PeerFaultsTest.CHAINS_MTU,
        "SCATTERED, " + Limits.DEFAULT_MTU, "SCATTERED, " + PeerFaultsTest.CHAINS_MTU})
class PeerFaultsTest {
    private static final int QUEUE_SIZE = 64;
    static final int CHAINS_MTU = 9_000;
    private static final int SEGMENTS = 5;
    private static final int LENGTH = BothEnds.LENGTH;
    private static final int PACKETS = BothEnds.PACKETS;
    private static final int ROUNDS = 300;
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final boolean chains;
    private final BothEnds spoilt;
    /** The next link of the same domain, whose pool and channels lie behind those of the other in the same memories. */
    private final BothEnds other;
    private final PacketBurst burst = new PacketBurst(2 * QUEUE_SIZE);
    private List<Lent> lent = List.of();
    /** What the neighbour's guest has while the other link is spoilt. */
    private BothEnds.AtTheGuest neighbours;

    PeerFaultsTest(TestLink.Table table, int mtu) {
        chains = mtu == CHAINS_MTU;
        TestLink link = new TestLink(2, QUEUE_SIZE, mtu, table);
        spoilt = new BothEnds(link);
        other = new BothEnds(link.neighbour(Limits.DEFAULT_MTU));
    }

    @BeforeEach
    void bringUp() {
        spoilt.bringUp();
        other.bringUp();
        neighbours = other.sends(0);
        spoilt.port.rxBurst(0, burst);
        lent = spoilt.guest.take(0, SubChannel.ALLOC);
        assertThat(lent).hasSizeGreaterThan(QUEUE_SIZE / 2);
    }

    @AfterEach
    void close() {
        other.close();
        spoilt.close();
    }

    private void returned(List<Lent> descriptors) {
        spoilt.guest.put(0, SubChannel.TX, descriptors);
        spoilt.port.rxBurst(0, burst);
    }

    private void returned(Lent descriptor) {
        returned(List.of(descriptor));
    }

    private Lent packet(int index) {
        return lent.get(index).withLength(LENGTH);
    }

    /** Nothing but this reason was counted, so often; the channel runs on. */
    private void assertDropped(HostCounter reason, long count) {
        ChannelStatistics seen = spoilt.port.channelStatistics();
        assertThat(seen.value(0, reason)).isEqualTo(count);
        assertThat(dropped(seen)).isEqualTo(count);
        assertThat(seen.total(HostCounter.QUARANTINED)).isZero();
        assertContained();
    }

    private void assertQuarantined(QuarantineReason reason) {
        ChannelStatistics seen = spoilt.port.channelStatistics();
        assertThat(QuarantineReason.of(seen.value(0, HostCounter.QUARANTINE_REASON))).isEqualTo(reason);
        assertThat(spoilt.port.quarantinedChannels()).isEqualTo(1);
        assertContained();
    }

    private void assertContained() {
        spoilt.echoes(1);
        other.getsBack(0, neighbours);
        other.echoes(0);
        other.echoes(1);
        other.assertUndisturbed();
        spoilt.port.free(burst);
        spoilt.guest.lane(LaneState.INITIALIZING.word(0));
        assertThat(spoilt.port.linkUp()).isFalse();
        spoilt.bringUp();
        assertThat(spoilt.port.freeBuffers()).isEqualTo(spoilt.port.bufferCount());
        spoilt.echoes(0);
    }

    /** A packet that begins so many bytes behind the start of its buffer. */
    private Lent packet(int index, int place, int length) {
        long start = packet(index).address() & -Limits.BUFFER_BYTES;
        return packet(index).withAddress(start + place).withLength(length);
    }

    @ParameterizedTest
    @CsvSource({"0, -1", "0, -100", "0, -2147483648", "1, -1", "100, -1", "1000, -1000", "1000, -900", "1000, -986",
            "1000, -2000", "1, 2147483647", "1000, 2147483647", "2047, 2147483647", "2047, -2147483648", "2047, -2033"})
    void aLengthThatWraps32BitsTogetherWithItsOffset(int place, int length) {
        returned(packet(0, place, length));
        assertDropped(HostCounter.DROP_BAD_LENGTH, 1);
    }

    @ParameterizedTest
    @CsvSource({"0, 100, -1", "0, 100, -86", "1000, 1000, -1000", "1000, 100, -900", "1, 2147483647, 2147483647",
            "1, 2147483647, 115", "0, -2147483648, -2147483648", "1000, -1000, 1000", "1000, -1, 101"})
    void aLengthThatWraps32BitsTogetherWithTheRestOfItsChain(int place, int first, int second) {
        returned(List.of(packet(0, place, first).withFlags(Descriptor.FLAG_MORE), packet(1, place, second)));
        boolean secondIsAPacket = !chains && second >= Limits.MIN_FRAME_BYTES && second <= Limits.DEFAULT_MTU;
        assertThat(burst.count()).isEqualTo(secondIsAPacket ? 1 : 0);
        assertChainDropped(secondIsAPacket ? 0 : 1);
    }

    /** A chain of two with a bad length; a link without chains knows no flag, and may find the second good or bad by itself. */
    private void assertChainDropped(int badSeconds) {
        if (chains) {
            assertDropped(HostCounter.DROP_BAD_LENGTH, 1);
        } else {
            ChannelStatistics seen = spoilt.port.channelStatistics();
            assertThat(seen.value(0, HostCounter.DROP_BAD_FLAGS)).isEqualTo(1);
            assertThat(seen.value(0, HostCounter.DROP_BAD_LENGTH)).isEqualTo(badSeconds);
            assertContained();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 16, 1L << 32, (1L << 16) + 1, (1L << 32) + QUEUE_SIZE})
    void aPositionThatIsGoodInItsLowBitsOnly(long position) {
        spoilt.guest.moveTo(0, SubChannel.TX, position);
        spoilt.port.rxBurst(0, burst);
        assertQuarantined(QuarantineReason.TX_POSITION);
    }

    @Test
    void noLengthAtAnInvalidAddress() {
        returned(packet(0).withLength(0).withAddress(spoilt.link.busAddressInNoPage()));
        assertDropped(HostCounter.DROP_BAD_ADDRESS, 1);
    }

    @Test
    void aPacketThatLeavesItsBuffer() {
        returned(packet(0).withAddress(packet(0).address() + Limits.BUFFER_BYTES - LENGTH + 1));
        assertDropped(HostCounter.DROP_BAD_LENGTH, 1);
    }

    @Test
    void theSameBufferAgainAndAgain() {
        returned(Collections.nCopies(PACKETS, packet(0)));
        assertThat(burst.count()).isEqualTo(1);
        assertDropped(HostCounter.DROP_NOT_LENT, PACKETS - 1);
    }

    /** Does something in another thread, again and again, while this one does its rounds. */
    private static void meanwhile(Runnable again, Runnable rounds) throws InterruptedException {
        AtomicBoolean stop = new AtomicBoolean();
        Thread other = Thread.ofPlatform().start(() -> {
            while (!stop.get()) {
                again.run();
            }
        });
        try {
            rounds.run();
        } finally {
            stop.set(true);
            other.join();
        }
    }

    private static long dropped(ChannelStatistics seen) {
        return seen.drops().values().stream().mapToLong(Long::longValue).sum();
    }

    /** Writes over a slot that was published before. */
    private void overwrite(int slot, Lent descriptor) {
        MemorySegment tx = spoilt.link.ring(0, SubChannel.TX);
        long place = RingLayout.DESCRIPTORS_OFFSET + slot * Descriptor.BYTES;
        tx.set(SharedWord.LONG, place + Descriptor.ADDRESS_OFFSET, descriptor.address());
        tx.set(SharedWord.LONG, place + Descriptor.META_OFFSET, descriptor.meta());
    }

    @ParameterizedTest
    @CsvSource({"-1, 2147483647", "0, -1", "0, 0"})
    void aDescriptorThatChangesOnceItWasTaken(long address, int length) {
        Lent first = chains ? packet(0).withFlags(Descriptor.FLAG_MORE) : packet(0);
        returned(first);
        assertThat(burst.count()).as("the rest of a chain is to come").isEqualTo(chains ? 0 : 1);
        overwrite(0, new Lent(address, Descriptor.meta(length, Descriptor.FLAG_MORE, -1)));
        returned(packet(1));
        overwrite(1, new Lent(address, Descriptor.meta(length, Descriptor.FLAG_MORE, -1)));
        assertThat(burst.count()).isEqualTo(2);
        for (int i = 0; i < 2; i++) {
            assertThat(burst.offset(i)).isEqualTo(spoilt.link.offset(packet(i).address()));
            assertThat(burst.length(i)).isEqualTo(LENGTH);
        }
        assertThat(spoilt.port.txBurst(0, burst)).as("the host lends what it took").isEqualTo(2);
        burst.clear();
        assertThat(spoilt.guest.take(0, SubChannel.RX)).extracting(Lent::address)
                .containsExactly(packet(0).address(), packet(1).address());
        assertDropped(HostCounter.DROP_BAD_LENGTH, 0);
    }

    @Test
    void descriptorsThatChangeWhileTheyAreRead() throws InterruptedException {
        MemorySegment tx = spoilt.link.ring(0, SubChannel.TX);
        SplittableRandom random = new SplittableRandom(1);
        meanwhile(() -> {
            long word = RingLayout.DESCRIPTORS_OFFSET + random.nextInt(2 * QUEUE_SIZE) * (long) Long.BYTES;
            tx.set(SharedWord.LONG, word, tx.get(SharedWord.LONG, word) ^ (1L << random.nextInt(Long.SIZE)));
        }, this::returnWhatChanges);
        assertContained();
    }

    private void returnWhatChanges() {
        List<Lent> held = new ArrayList<>(lent);
        long start = System.nanoTime();
        long returned = 0;
        long received = 0;
        ChannelStatistics seen = spoilt.port.channelStatistics();
        for (int round = 0; round < ROUNDS || dropped(seen) == 0; round++) {
            assertThat(System.nanoTime() - start).as("the other thread changes nothing").isLessThan(LIMIT_NANOS);
            List<Lent> some = held.subList(0, Math.min(PACKETS, held.size()));
            if (some.isEmpty() || spoilt.port.quarantinedChannels() > 0) {
                break;
            }
            returned += some.size();
            returned(some);
            some.clear();
            received += burst.count();
            assertLiesInThePool();
            spoilt.port.free(burst); // refuses a buffer that is not the program's, and one that came twice
            held.addAll(spoilt.guest.take(0, SubChannel.ALLOC));
            seen = spoilt.port.channelStatistics();
        }
        assertThat(dropped(seen)).isPositive();
        if (chains) {
            assertThat(received + dropped(seen)).as("a chain is dropped as one").isBetween(1L, returned);
        } else {
            assertThat(received + dropped(seen)).isEqualTo(returned);
        }
    }

    private void assertLiesInThePool() {
        for (int i = 0; i < burst.count(); i++) {
            assertThat(burst.offset(i)).isBetween(spoilt.link.poolOffset, spoilt.link.poolEnd() - burst.length(i));
            assertThat(burst.offset(i) % Limits.BUFFER_BYTES + burst.length(i)).isBetween(1L,
                    (long) Limits.BUFFER_BYTES);
        }
    }

    @Test
    void aChainShorterThanAHeader() {
        returned(List.of(packet(0).withLength(7).withFlags(Descriptor.FLAG_MORE), packet(1).withLength(6)));
        assertChainDropped(1);
    }

    @Test
    void aChainThatNeverEnds() {
        int put = 0;
        int rounds = 0;
        while (spoilt.port.quarantinedChannels() == 0 && put <= Limits.BAD_DESCRIPTOR_WINDOW) {
            assertThat(++rounds).as("rounds; put=%d", put).isLessThan(Limits.BAD_DESCRIPTOR_WINDOW);
            List<Lent> endless = new ArrayList<>();
            for (Lent buffer : lent) {
                endless.add(buffer.withFlags(Descriptor.FLAG_MORE).withLength(LENGTH));
            }
            returned(endless);
            assertThat(burst.count()).isZero();
            put += endless.size();
            lent = spoilt.guest.take(0, SubChannel.ALLOC);
        }
        assertThat(put).isLessThan(2 * Limits.MAX_BAD_DESCRIPTORS);
        assertQuarantined(QuarantineReason.BAD_DESCRIPTORS);
    }

    @ParameterizedTest
    @EnumSource(names = {"TX", "FREE"})
    void aBufferBeyondThePool(SubChannel ring) {
        List<Lent> theirs = neighbours.packets();
        assertThat(theirs).as("lent there at this moment").extracting(Lent::address)
                .contains(spoilt.link.busAddress(spoilt.link.poolEnd()));
        int lentThere = other.port.lentBuffers();
        spoilt.guest.put(0, ring, theirs);
        spoilt.port.rxBurst(0, burst);
        assertThat(burst.count()).isZero();
        assertThat(other.port.lentBuffers()).isEqualTo(lentThere);
        assertDropped(HostCounter.DROP_BAD_ADDRESS, PACKETS);
    }

    @ParameterizedTest
    @EnumSource(names = {"TX", "FREE"})
    void aPositionThatJumpsByMoreThanTheRing(SubChannel ring) {
        spoilt.guest.moveTo(0, ring, QUEUE_SIZE + 1);
        spoilt.port.rxBurst(0, burst);
        assertQuarantined(QuarantineReason.valueOf(ring + "_POSITION"));
    }

    @Test
    void moreWithNothingAfterIt() {
        returned(packet(0).withFlags(Descriptor.FLAG_MORE));
        assertThat(spoilt.port.rxBurst(0, burst)).isZero();
        // Of a chain, in flight until the epoch ends, when its buffer comes back.
        assertDropped(HostCounter.DROP_BAD_FLAGS, chains ? 0 : 1);
    }

    @Test
    void flagsThatAreLeftInTheSlotsOfTheLastLap() {
        List<Lent> pairs = new ArrayList<>();
        for (int i = 0; i < PACKETS; i++) {
            pairs.add(packet(2 * i).withFlags(Descriptor.FLAG_MORE));
            pairs.add(packet(2 * i + 1));
        }
        returned(pairs);
        assertThat(burst.count()).isEqualTo(chains ? 2 * PACKETS : PACKETS);
        // A whole lap on, without a slot written: the old descriptors once more, and slots that never were.
        spoilt.guest.moveTo(0, SubChannel.TX, 2 * PACKETS + QUEUE_SIZE);
        spoilt.port.rxBurst(0, burst);
        ChannelStatistics seen = spoilt.port.channelStatistics();
        // Buffers that came back with a flag which means nothing here may have been lent again since.
        assertThat(seen.value(0, HostCounter.DROP_NOT_LENT) + seen.value(0, HostCounter.DROP_STALE_GENERATION))
                .isEqualTo(chains ? PACKETS : 2 * PACKETS);
        assertThat(seen.value(0, HostCounter.DROP_BAD_FLAGS)).isEqualTo(chains ? 0 : PACKETS);
        assertThat(seen.value(0, HostCounter.DROP_BAD_ADDRESS)).isEqualTo(QUEUE_SIZE - 2 * PACKETS);
        assertContained();
    }

    @Test
    void moreAtOnceThanABurstTakes() {
        PacketBurst small = new PacketBurst(SEGMENTS);
        int all = Math.min(QUEUE_SIZE, lent.size());
        spoilt.guest.put(0, SubChannel.TX,
                lent.subList(0, all).stream().map(packet -> packet.withLength(LENGTH)).toList());
        for (int got = 0; got < all;) {
            int received = spoilt.port.rxBurst(0, small);
            assertThat(received).isBetween(1, SEGMENTS);
            got += received;
            spoilt.port.free(small);
        }
        assertDropped(HostCounter.DROP_BAD_LENGTH, 0);
    }

    @Test
    void aBadDescriptorAmongGoodOnes() {
        returned(List.of(packet(0), packet(1), packet(2).withAddress(0), packet(3), packet(4)));
        assertThat(burst.count()).isEqualTo(PACKETS - 1);
        assertDropped(HostCounter.DROP_BAD_ADDRESS, 1);
    }

    @Test
    void aGuestThatServesOneRingOfOneChannelOnly() {
        returned(lent.stream().map(packet -> packet.withLength(LENGTH)).limit(QUEUE_SIZE).toList());
        for (int i = 0; i < 2 * QUEUE_SIZE; i++) {
            PacketBurst one = new PacketBurst(1);
            assertThat(spoilt.port.alloc(0, one, 1)).isEqualTo(1);
            one.length(0, LENGTH);
            one.removeFirst(spoilt.port.txBurst(0, one));
            spoilt.port.free(0, one);
        }
        assertThat(spoilt.port.channelStatistics().value(0, HostCounter.TX_FULL)).isEqualTo(QUEUE_SIZE);
        assertDropped(HostCounter.DROP_BAD_LENGTH, 0);
    }

    @Test
    void statisticsWhileTheGuestComesAndGoes() throws InterruptedException {
        List<Long> wentBack = Collections.synchronizedList(new ArrayList<>());
        AtomicLong last = new AtomicLong();
        meanwhile(() -> {
            long now = spoilt.port.channelStatistics().total(HostCounter.RX_PACKETS);
            if (now < last.getAndSet(now)) {
                wentBack.add(now);
            }
        }, () -> {
            for (int round = 0; round < ROUNDS; round++) {
                spoilt.echoes(0);
                spoilt.guest.lane(LaneState.INITIALIZING.word(0));
                assertThat(spoilt.port.linkUp()).isFalse();
                spoilt.bringUp();
            }
        });
        assertThat(wentBack).isEmpty();
        assertDropped(HostCounter.DROP_BAD_LENGTH, 0);
    }

    @Test
    void whatWasLentBeforeATeardown() {
        spoilt.guest.lane(LaneState.NOT_INITIALIZED.word(0));
        returned(List.of(packet(0), packet(1)));
        assertThat(burst.count()).as("the guest is not there").isZero();
        spoilt.bringUp();
        returned(List.of(packet(0), packet(1)));
        assertThat(burst.count()).isZero();
        assertDropped(HostCounter.DROP_NOT_LENT, 2);
    }

    /** Of a packet with several faults the first one counts. */
    @Test
    void aChainWithTwoFaultsIsCountedForTheFirst() {
        assumeTrue(chains, "a link without chains takes them for two packets");
        returned(List.of(packet(0).withAddress(0).withFlags(Descriptor.FLAG_MORE), packet(1).withLength(0)));
        assertDropped(HostCounter.DROP_BAD_ADDRESS, 1);
    }
}
