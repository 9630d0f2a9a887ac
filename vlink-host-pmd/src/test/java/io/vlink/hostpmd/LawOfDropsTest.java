// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vlink.hostpmd.TestGuest.Lent;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.GuestCounter;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.channel.SubChannel;
import io.vlink.spec.pci.Limits;
import io.vlink.spec.record.HostCounter;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The law {@code sent = received + dropped + in flight} where packets are dropped: a guest that counts honestly sends good and bad
 * ones, and the law is worked out from shared memory and the link record, as the agent does. On a link with chains each packet is
 * a chain of two, whose second part is the bad one.
 */
@ParameterizedClass
@ValueSource(ints = {Limits.DEFAULT_MTU, LawOfDropsTest.CHAINS_MTU})
class LawOfDropsTest {
    static final int CHAINS_MTU = 9_000;
    private static final int QUEUE_SIZE = 64;
    private static final int CHANNELS = 2;
    private static final int LENGTH = 100;
    private static final int GOOD = 7;
    private static final int BAD = 9;
    private static final int UNKNOWN_FLAG = 2;

    private final boolean chains;
    private final TestLink link;
    private final TestGuest guest;
    private final VlinkPort port;
    private final PacketBurst burst = new PacketBurst(2 * QUEUE_SIZE);

    LawOfDropsTest(int mtu) {
        chains = mtu == CHAINS_MTU;
        link = new TestLink(CHANNELS, QUEUE_SIZE, mtu);
        guest = new TestGuest(link);
        port = link.attach(LinkMode.MQ);
    }

    @BeforeEach
    void beginEpoch() {
        guest.acknowledge();
        assertThat(port.linkUp()).isTrue();
        for (int queue = 0; queue < CHANNELS; queue++) {
            for (GuestCounter counter : GuestCounter.values()) {
                link.dataChannel(queue).set(SharedWord.LONG, counter.offset(), 0);
            }
        }
    }

    @AfterEach
    void close() {
        port.close();
        link.close();
    }

    /** What is wrong with a packet, and how many of each a guest sends on a channel: {@link #BAD} in all. */
    private enum Fault {
        // spotless:off
        ADDRESS(HostCounter.DROP_BAD_ADDRESS, 1),
        GENERATION(HostCounter.DROP_STALE_GENERATION, 2),
        NO_FRAME(HostCounter.DROP_BAD_LENGTH, 3),
        FLAGS(HostCounter.DROP_BAD_FLAGS, 1),
        RETURNED_ALREADY(HostCounter.DROP_NOT_LENT, 2);
        // spotless:on

        private final HostCounter reason;
        private final int times;

        Fault(HostCounter reason, int times) {
            this.reason = reason;
            this.times = times;
        }
    }

    private static Lent spoilt(Fault fault, Lent packet, Lent returned) {
        return switch (fault) {
            case ADDRESS -> packet.withAddress(-1);
            case GENERATION -> packet.withGeneration(-1);
            case NO_FRAME -> packet.withLength(-1);
            case FLAGS -> packet.withFlags(UNKNOWN_FLAG);
            case RETURNED_ALREADY -> returned;
        };
    }

    /** One direction of the law, all channels together. */
    private record Law(long sent, long received, long dropped, long inFlight) {
        long difference() {
            return sent - received - dropped - inFlight;
        }
    }

    private long ofGuests(GuestCounter counter) {
        long sum = 0;
        for (int queue = 0; queue < CHANNELS; queue++) {
            sum += link.dataChannel(queue).get(SharedWord.LONG, counter.offset());
        }
        return sum;
    }

    private long inEpoch(HostCounter counter) {
        ChannelStatistics now = port.channelStatistics();
        return now.total(counter) - now.total(counter.atEpochStart());
    }

    private long onRings(SubChannel which) {
        long sum = 0;
        for (int queue = 0; queue < CHANNELS; queue++) {
            MemorySegment ring = link.ring(queue, which);
            sum += ring.get(SharedWord.LONG, RingLayout.PRODUCER_OFFSET)
                    - ring.get(SharedWord.LONG, RingLayout.CONSUMER_OFFSET);
        }
        return sum;
    }

    private Law guestToHost() {
        long packetsOnRings = onRings(SubChannel.TX) / (chains ? 2 : 1);
        return new Law(ofGuests(GuestCounter.TX_PACKETS), inEpoch(HostCounter.RX_PACKETS),
                inEpoch(HostCounter.RX_DROPPED), packetsOnRings);
    }

    private Law hostToGuest() {
        return new Law(inEpoch(HostCounter.TX_PACKETS), ofGuests(GuestCounter.RX_PACKETS),
                ofGuests(GuestCounter.RX_BAD_DESCRIPTORS), onRings(SubChannel.RX));
    }

    private void counts(int queue, GuestCounter counter, long packets) {
        MemorySegment channel = link.dataChannel(queue);
        channel.set(SharedWord.LONG, counter.offset(), channel.get(SharedWord.LONG, counter.offset()) + packets);
    }

    /** Empty buffers that the guest has not used yet. */
    private List<Lent> empties(int queue) {
        List<Lent> empties = new ArrayList<>();
        for (int needed = (GOOD + BAD) * (chains ? 2 : 1); empties.size() < needed;) {
            assertThat(port.rxBurst(queue, burst)).isZero();
            List<Lent> more = guest.take(queue, SubChannel.ALLOC);
            assertThat(more).isNotEmpty();
            empties.addAll(more);
        }
        return empties;
    }

    /** One after the other, good ones and bad ones in turn, and each counted. */
    private void guestSends(int queue) {
        List<Lent> empties = empties(queue);
        Lent goodOne = addPacket(queue, empties, UnaryOperator.identity());
        int good = 1;
        for (Fault fault : Fault.values()) {
            for (int i = 0; i < fault.times; i++) {
                addPacket(queue, empties, last -> spoilt(fault, last, goodOne));
                if (good < GOOD) {
                    addPacket(queue, empties, UnaryOperator.identity());
                    good++;
                }
            }
        }
    }

    /** Puts a packet on {@code tx}; returns its last descriptor. */
    private Lent addPacket(int queue, List<Lent> empties, UnaryOperator<Lent> spoil) {
        List<Lent> packet = new ArrayList<>();
        if (chains) {
            packet.add(empties.removeFirst().withLength(LENGTH).withFlags(Descriptor.FLAG_MORE));
        }
        packet.add(spoil.apply(empties.removeFirst().withLength(LENGTH)));
        guest.put(queue, SubChannel.TX, packet);
        counts(queue, GuestCounter.TX_PACKETS, 1);
        return packet.getLast();
    }

    private void hostTakesAll() {
        for (int queue = 0; queue < CHANNELS; queue++) {
            port.rxBurst(queue, burst);
            port.free(queue, burst);
            burst.clear();
        }
    }

    private void assertExactAtRest() {
        assertThat(guestToHost()).isEqualTo(new Law(CHANNELS * (GOOD + BAD), CHANNELS * GOOD, CHANNELS * BAD, 0));
        for (Fault fault : Fault.values()) {
            assertThat(inEpoch(fault.reason)).as(fault.name()).isEqualTo((long) CHANNELS * fault.times);
        }
        assertThat(port.quarantinedChannels()).isZero();
    }

    @Test
    void holdsExactlyAtRestWhateverIsWrongWithThePackets() {
        for (int queue = 0; queue < CHANNELS; queue++) {
            guestSends(queue);
        }
        assertThat(guestToHost()).isEqualTo(new Law(CHANNELS * (GOOD + BAD), 0, 0, CHANNELS * (GOOD + BAD)));
        hostTakesAll();
        assertExactAtRest();
    }

    @Test
    void holdsExactlyInTheNextEpochWhichBeginsFromNothing() {
        for (int epoch = 0; epoch < 2; epoch++) {
            for (int queue = 0; queue < CHANNELS; queue++) {
                guestSends(queue);
            }
            hostTakesAll();
            assertExactAtRest();
            guest.lane(LaneState.INITIALIZING.word(0));
            assertThat(port.linkUp()).isFalse();
            beginEpoch();
            assertThat(guestToHost()).isEqualTo(new Law(0, 0, 0, 0));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 6, 17})
    void holdsBetweenBurstsOfAnySize(int capacity) {
        PacketBurst small = new PacketBurst(capacity);
        for (int queue = 0; queue < CHANNELS; queue++) {
            guestSends(queue);
        }
        long before = 0;
        while (guestToHost().inFlight() > 0 || guestToHost().difference() != 0) {
            for (int queue = 0; queue < CHANNELS; queue++) {
                port.rxBurst(queue, small);
                small.clear(); // the program keeps them: a buffer that is lent anew has another generation
                // A chain that found the burst full is neither on the ring nor counted.
                assertThat(guestToHost().difference()).isBetween(0L, chains ? (long) CHANNELS : 0L);
            }
            long taken = guestToHost().received() + guestToHost().dropped();
            assertThat(taken).isGreaterThan(before);
            before = taken;
        }
        assertExactAtRest();
    }

    /** No descriptor of it is bad: only together they are no frame. */
    @Test
    void holdsWhereAChainIsTooShortForAFrame() {
        assumeTrue(chains, "a link without chains takes them for two packets");
        List<Lent> empties = empties(0);
        guest.put(0, SubChannel.TX, List.of(empties.get(0).withLength(5).withFlags(Descriptor.FLAG_MORE),
                empties.get(1).withLength(5)));
        counts(0, GuestCounter.TX_PACKETS, 1);
        hostTakesAll();
        assertThat(guestToHost()).isEqualTo(new Law(1, 0, 1, 0));
        assertThat(inEpoch(HostCounter.DROP_BAD_LENGTH)).isEqualTo(1);
    }

    @Test
    void knowsNothingOfEmptyBuffersThatAreBad() {
        List<Lent> empties = empties(0);
        guest.put(0, SubChannel.FREE, List.of(empties.get(0).withAddress(-1), empties.get(1).withGeneration(-1)));
        assertThat(port.rxBurst(0, burst)).isZero();
        assertThat(inEpoch(HostCounter.DROP_BAD_ADDRESS)).isEqualTo(1);
        assertThat(inEpoch(HostCounter.DROP_STALE_GENERATION)).isEqualTo(1);
        assertThat(guestToHost()).isEqualTo(new Law(0, 0, 0, 0));
    }

    @Test
    void holdsTheOtherWayWithPacketsThatWaitForTheGuest() {
        for (int queue = 0; queue < CHANNELS; queue++) {
            guestSends(queue);
            assertThat(port.alloc(queue, burst, GOOD)).isEqualTo(GOOD);
            for (int i = 0; i < GOOD; i++) {
                burst.length(i, LENGTH);
            }
            assertThat(port.txBurst(queue, burst)).isEqualTo(GOOD);
            burst.clear();
            counts(queue, GuestCounter.RX_PACKETS, guest.takeUpTo(queue, SubChannel.RX, 2).size());
        }
        hostTakesAll();
        assertThat(hostToGuest()).isEqualTo(new Law(CHANNELS * GOOD, CHANNELS * 2, 0, CHANNELS * (GOOD - 2)));
        assertExactAtRest();
    }
}
