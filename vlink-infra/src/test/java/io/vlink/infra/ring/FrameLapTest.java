// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.infra.translation.AddressTranslation;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.RingLayout;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Packets that go round are compared with a lap ago; whatever else comes is measured as it is without that. */
class FrameLapTest {
    private static final int BUFFER_BYTES = 2_048;
    private static final int PAGE_SHIFT = 21;
    private static final long REGION_BYTES = 1L << PAGE_SHIFT;
    private static final int MAX_FRAME = 1_514;
    private static final int RING = 512;
    private static final int LONGEST_LAP = 128;
    private static final int BURST = 16;

    /** A guest's end of a ring. */
    private static final class Guest {
        final RegionCheck check;
        final ProducerRing host;
        final ConsumerRing rx;

        Guest(int longestLap) {
            check = new RegionCheck(new AddressTranslation(new long[]{0}, PAGE_SHIFT), BUFFER_BYTES, MAX_FRAME,
                    longestLap);
            var memory = Arena.ofAuto().allocate(RingLayout.bytes(RING), 128);
            host = new ProducerRing(memory, RING);
            rx = new ConsumerRing(memory, RING);
        }

        /** As a queue does it; returns what became of each. */
        List<Boolean> receive(List<long[]> descriptors, PacketBurst into) {
            descriptors.forEach(words -> {
                assertThat(host.room(1)).isPositive();
                host.offer(words[0], words[1]);
            });
            List<Boolean> good = new ArrayList<>();
            UncheckedDescriptors arrived = into.unchecked();
            int before = into.count();
            int count = rx.peek(arrived, RING);
            int first = check.acceptFrames(into);
            long bytes = check.bytes();
            assertThat(bytes).isEqualTo(into.bytes(into.count()) - into.bytes(before));
            for (int i = 0; i < count; i++) {
                good.add(i < first || check.acceptFrame(arrived, i, into));
            }
            rx.release(count);
            return good;
        }

        boolean isRound() {
            return check.lap() != null && check.lap().isComplete();
        }
    }

    private final Guest guest = new Guest(LONGEST_LAP);
    private final PacketBurst burst = new PacketBurst(RING);
    private final List<long[]> window = new ArrayList<>();
    private int next;

    /** Forty packets of 60 to 99 bytes, so that bursts of 16 end at another place in each lap. */
    @BeforeEach
    void goRound() {
        for (int i = 0; i < 40; i++) {
            window.add(new long[]{(long) i * 3 * BUFFER_BYTES + 64, Descriptor.meta(60 + i, 0, 0)});
        }
        for (int i = 0; i < 6; i++) {
            assertThat(receive(upcoming(BURST))).doesNotContain(false);
        }
        assertThat(guest.isRound()).isTrue();
    }

    /** The next ones, in another generation than before. */
    private List<long[]> upcoming(int count) {
        List<long[]> packets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long[] words = window.get(next++ % window.size());
            packets.add(words.clone());
            words[1] += 1L << Descriptor.GENERATION_SHIFT;
        }
        return packets;
    }

    private List<Boolean> receive(List<long[]> descriptors) {
        burst.clear();
        return guest.receive(descriptors, burst);
    }

    @Test
    void whatGoesRoundIsTakenAsItCame() {
        for (int count : new int[]{1, 16, 39, 40, 3, 7, 40}) {
            List<long[]> packets = upcoming(count);
            assertThat(receive(packets)).hasSize(count).doesNotContain(false);
            for (int i = 0; i < count; i++) {
                assertThat(burst.offset(i)).isEqualTo(packets.get(i)[0]);
                assertThat(burst.meta(i)).as("with its generation").isEqualTo(packets.get(i)[1]);
            }
            assertThat(guest.isRound()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0x0000_0000_0000_0001L, 0x0000_0001_0000_0000L, 0x0000_8000_0000_0000L,
            0x0000_0000_8000_0000L,
            0x0000_0000_0001_0000L})
    void everyBitOfLengthAndFlagsIsLookedAt(long bit) {
        for (int index = 0; index < BURST; index++) {
            List<long[]> packets = upcoming(BURST);
            packets.get(index)[1] ^= bit;
            boolean isFrame = Descriptor.lengthAndFlags(packets.get(index)[1]) <= MAX_FRAME;
            assertThat(receive(packets).get(index)).isEqualTo(isFrame);
            assertThat(guest.isRound()).isFalse();
            assertThat(burst.count()).isEqualTo(isFrame ? BURST : BURST - 1);
            findLapAgain();
        }
    }

    private void findLapAgain() {
        for (int i = 0; i < 1_000_000 && !guest.isRound(); i++) {
            assertThat(receive(upcoming(BURST))).doesNotContain(false);
        }
        for (int i = 0; i < 60; i++) {
            assertThat(receive(upcoming(BURST))).doesNotContain(false); // so that the next one is looked for soon
        }
        assertThat(guest.isRound()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {REGION_BYTES, -BUFFER_BYTES, Long.MIN_VALUE, BUFFER_BYTES - 64 - 30})
    void aPlaceThatCannotBeIsRefusedAndItsNeighboursAreNot(long away) {
        List<long[]> packets = upcoming(BURST);
        packets.get(5)[0] = away < 0 || away >= REGION_BYTES ? away : packets.get(5)[0] + away;
        List<Boolean> good = receive(packets);
        for (int i = 0; i < BURST; i++) {
            assertThat(good.get(i)).isEqualTo(i != 5);
        }
    }

    @Test
    void aLapLongerThanIsNoticedIsMeasured() {
        window.clear();
        for (int i = 0; i < LONGEST_LAP + 1; i++) {
            window.add(new long[]{(long) i * BUFFER_BYTES, Descriptor.meta(60, 0, 0)});
        }
        for (int i = 0; i < 1_000; i++) {
            assertThat(receive(upcoming(BURST))).hasSize(BURST).doesNotContain(false);
            assertThat(guest.isRound()).isFalse();
        }
    }

    @Test
    void aLapShorterThanABurstIsMeasured() {
        window.subList(4, window.size()).clear();
        for (int i = 0; i < 1_000; i++) {
            assertThat(receive(upcoming(BURST))).hasSize(BURST).doesNotContain(false);
            assertThat(guest.isRound()).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 16, 100})
    void aWindowThatComesAsOneBurstIsComparedToo(int count) {
        Guest another = new Guest(LONGEST_LAP);
        while (window.size() < count) {
            window.add(new long[]{(200L + window.size()) * BUFFER_BYTES, Descriptor.meta(60, 0, 0)});
        }
        window.subList(count, window.size()).clear();
        next = 0;
        for (int i = 0; i < 10; i++) {
            burst.clear();
            assertThat(another.receive(upcoming(count), burst)).hasSize(count).doesNotContain(false);
        }
        assertThat(another.isRound()).isTrue();
    }

    @Test
    void packetsOneAtATimeEndTheLap() {
        for (int i = 0; i < 64; i++) {
            assertThat(receive(upcoming(1))).containsExactly(true);
            assertThat(guest.check.isLapNoted()).isTrue();
        }
        assertThat(receive(upcoming(1))).containsExactly(true);
        assertThat(guest.check.isLapNoted()).isFalse();
    }

    @Test
    void aLapIsNotLookedForAgainAtOnce() {
        receive(upcoming(7).subList(3, 7));
        assertThat(guest.isRound()).isFalse();
        for (int i = 0; i < 50; i++) {
            receive(upcoming(BURST));
            assertThat(guest.check.isLapNoted()).isFalse();
        }
    }

    @Test
    void whatIsAppendedToABurstIsComparedToo() {
        burst.clear();
        assertThat(guest.receive(upcoming(7), burst)).hasSize(7);
        assertThat(guest.receive(upcoming(9), burst)).hasSize(9);
        assertThat(burst.count()).isEqualTo(16);
        assertThat(burst.offset(15)).isEqualTo(window.get((next - 1) % window.size())[0]);
        assertThat(guest.isRound()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void everyDescriptorFaresAsItDoesWithoutALap(long seed) {
        Random random = new Random(seed);
        int round = 0;
        int refused = 0;
        for (int i = 0; i < 200; i++) {
            Guest[] guests = {new Guest(LONGEST_LAP), new Guest(0)};
            window.subList(40 - random.nextInt(30), window.size()).clear();
            while (window.size() < 40) {
                window.add(new long[]{random.nextInt(1_000) * (long) BUFFER_BYTES + random.nextInt(256),
                        Descriptor.meta(14 + random.nextInt(1_500), 0, 0)});
            }
            for (int turn = 0; turn < 300; turn++) {
                List<long[]> packets = upcoming(random.nextInt(100) == 0 ? 64 : random.nextInt(40));
                if (random.nextInt(60) == 0 && !packets.isEmpty()) {
                    packets.get(random.nextInt(packets.size()))[random.nextInt(2)] ^= 1L << random.nextInt(64);
                }
                if (random.nextInt(200) == 0) {
                    next += random.nextInt(40); // some are missing
                }
                PacketBurst[] bursts = {new PacketBurst(RING), new PacketBurst(RING)};
                List<Boolean> good = guests[0].receive(packets, bursts[0]);
                assertThat(good).isEqualTo(guests[1].receive(packets, bursts[1]));
                assertThat(bursts[0].count()).isEqualTo(bursts[1].count());
                for (int j = 0; j < bursts[0].count(); j++) {
                    assertThat(bursts[0].offset(j)).isEqualTo(bursts[1].offset(j));
                    assertThat(bursts[0].meta(j)).isEqualTo(bursts[1].meta(j));
                }
                round += guests[0].isRound() ? 1 : 0;
                refused += good.contains(false) ? 1 : 0;
            }
        }
        assertThat(round).as("of 60,000 bursts").isGreaterThan(3_000);
        assertThat(refused).isGreaterThan(50);
    }
}
