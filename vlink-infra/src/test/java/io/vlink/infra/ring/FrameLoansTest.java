// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.infra.pool.BufferLedger;
import io.vlink.infra.pool.PoolLayout;
import io.vlink.infra.translation.AddressTranslation;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.record.LedgerEntry;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A packet that stands as its check has left it is not measured a second time; one that somebody has touched since is. */
class FrameLoansTest {
    private static final int BUFFER_BYTES = 2_048;
    private static final int BUFFERS = 8;
    private static final long POOL = 4L * BUFFER_BYTES;
    private static final int MAX_FRAME = 1_514;
    private static final int EPOCH = 3;
    private static final int CHANNEL = 1;
    private static final int PACKETS = 4;
    private static final int BYTES = 60;

    private final MemorySegment memory = Arena.ofAuto().allocate(RingLayout.bytes(BUFFERS), 128);
    private final ProducerRing producer = new ProducerRing(memory, BUFFERS);
    private final ConsumerRing consumer = new ConsumerRing(memory, BUFFERS);
    private final PacketBurst burst = new PacketBurst(BUFFERS);
    private final BufferLedger ledger = new BufferLedger(Arena.ofAuto().allocate(BUFFERS * 8L, 8));
    private final LoanCheck check = new LoanCheck(ledger, new PoolLayout(POOL, BUFFERS, BUFFER_BYTES), MAX_FRAME,
            CHANNEL);
    private final FrameLoans loans = new FrameLoans(check);

    /** Packets of buffers 0 to 3 have been to the guest and are back. */
    @BeforeEach
    void receive() {
        check.startEpoch(EPOCH);
        lendToGuest(0, PACKETS);
        returnFromGuest(0, PACKETS);
        assertThat(burst.count()).isEqualTo(PACKETS);
    }

    private static long place(int buffer) {
        return POOL + (long) buffer * BUFFER_BYTES;
    }

    private void lendToGuest(int from, int to) {
        for (int buffer = from; buffer < to; buffer++) {
            ledger.hold(buffer);
            ledger.lend(buffer, check.borrower());
        }
    }

    private void returnFromGuest(int from, int to) {
        for (int buffer = from; buffer < to; buffer++) {
            producer.offer(place(buffer),
                    Descriptor.meta(BYTES, 0, LedgerEntry.generation(ledger.entry(buffer))));
        }
        consumer.poll(burst.unchecked(), BUFFERS);
        check.acceptFrames(burst);
    }

    @Test
    void unchangedPacketsAreLentAgainInTheirNextGeneration() {
        assertThat(burst.passed(check.bounds())).isEqualTo(PACKETS);
        assertThat(loans.lend(burst, PACKETS)).isEqualTo(PACKETS);
        assertThat(loans.bytes()).isEqualTo(PACKETS * BYTES);
        for (int i = 0; i < PACKETS; i++) {
            assertThat(burst.meta(i)).isEqualTo(Descriptor.meta(BYTES, 0, 1));
            assertThat(ledger.entry(i)).isEqualTo(LedgerEntry.lent(EPOCH, CHANNEL, 1));
        }
        assertThat(loans.lend(burst, PACKETS)).as("the guest has them").isZero();
    }

    static List<Consumer<PacketBurst>> changes() {
        return List.of(
                packets -> packets.length(2, 13),
                packets -> packets.length(2, MAX_FRAME + 1),
                packets -> packets.meta(2, Descriptor.meta(BYTES, Descriptor.FLAG_MORE, 0)),
                packets -> packets.offset(2, POOL - BUFFER_BYTES),
                packets -> packets.offset(2, POOL + BUFFERS * BUFFER_BYTES),
                packets -> packets.offset(2, -1),
                packets -> packets.offset(2, place(2) + BUFFER_BYTES - BYTES + 1),
                packets -> packets.set(2, 0, Descriptor.meta(BYTES, 0, 0)),
                packets -> {
                    packets.truncate(2);
                    packets.add(place(2) + BUFFER_BYTES - 1, Descriptor.meta(BYTES, 0, 0));
                },
                packets -> {
                    packets.removeFirst(1);
                    packets.add(0, Descriptor.meta(BYTES, 0, 0));
                    packets.remove(2, 3);
                },
                packets -> {
                    packets.hideAllAfter(2);
                    packets.add(POOL - 1, Descriptor.meta(BYTES, 0, 0));
                    packets.reveal();
                });
    }

    @ParameterizedTest
    @MethodSource("changes")
    void aPacketThatWasChangedSinceItsCheckIsMeasuredAgain(Consumer<PacketBurst> change) {
        change.accept(burst);
        assertThat(loans.lend(burst, burst.count())).isEqualTo(2);
        assertThat(loans.bytes()).isEqualTo(2L * BYTES);
    }

    @Test
    void bytesAreThoseOfThePacketsThatWereLentHoweverManyOfThemStandAsTheCheckHasLeftThem() {
        for (int most = 0; most <= PACKETS; most++) {
            burst.clear();
            lendToGuest(4, 8);
            for (int buffer = 4; buffer < 8; buffer++) {
                producer.offer(place(buffer),
                        Descriptor.meta(BYTES + buffer, 0, LedgerEntry.generation(ledger.entry(buffer))));
            }
            consumer.poll(burst.unchecked(), BUFFERS);
            assertThat(check.acceptFrames(burst)).isEqualTo(PACKETS);
            assertThat(loans.lend(burst, most)).isEqualTo(most);
            assertThat(loans.bytes()).as("%d of them", most)
                    .isEqualTo(IntStream.range(0, most).mapToLong(i -> BYTES + 4 + i).sum());
        }
    }

    @Test
    void goodPacketsBehindAChangedOneAreLentWhenItIsGone() {
        burst.length(1, 0);
        assertThat(loans.lend(burst, PACKETS)).isEqualTo(1);
        burst.removeFirst(2);
        assertThat(loans.lend(burst, 2)).isEqualTo(2);
    }

    @Test
    void aPacketWhoseBufferIsGivenAwayMeanwhileIsNotLent() {
        ledger.free(1);
        assertThat(loans.lend(burst, PACKETS)).isEqualTo(1);
        assertThat(loans.bytes()).isEqualTo(BYTES);
    }

    @Test
    void whatAnotherLinksCheckHasLetThroughIsMeasured() {
        PoolLayout elsewhere = new PoolLayout(POOL + 2L * BUFFER_BYTES, BUFFERS, BUFFER_BYTES);
        BufferLedger others = new BufferLedger(Arena.ofAuto().allocate(BUFFERS * 8L, 8));
        LoanCheck other = new LoanCheck(others, elsewhere, MAX_FRAME, CHANNEL);
        assertThat(burst.passed(other.bounds())).isZero();
        assertThat(new FrameLoans(other).lend(burst, PACKETS)).isZero();
    }

    @Test
    void whatIsAppendedBehindPacketsOfTheProgramsOwnIsMeasured() {
        burst.clear();
        burst.add(0, Descriptor.meta(BYTES, 0, 0));
        lendToGuest(4, 6);
        returnFromGuest(4, 6);
        assertThat(burst.count()).isEqualTo(3);
        assertThat(burst.passed(check.bounds())).isZero();
        assertThat(loans.lend(burst, 3)).isZero();
    }

    @Test
    void twoReceivesInARowAreLentTogether() {
        lendToGuest(4, 6);
        returnFromGuest(4, 6);
        assertThat(burst.passed(check.bounds())).isEqualTo(PACKETS + 2);
        assertThat(burst.bytes(PACKETS + 2)).isEqualTo((PACKETS + 2) * BYTES);
        burst.add(place(6), Descriptor.meta(BYTES + 1, 0, 0)); // the program's own, which no check has seen
        ledger.hold(6);
        assertThat(loans.lend(burst, PACKETS + 3)).isEqualTo(PACKETS + 3);
        assertThat(loans.bytes()).isEqualTo((PACKETS + 3) * BYTES + 1);
    }

    @Test
    void copiesThatAreTranslatedAgainBehindTheChecksBackAreMeasured() {
        burst.unchecked().toOffsets(new AddressTranslation(new long[]{1L << 30}, 21));
        assertThat(burst.passed(check.bounds())).isZero();
        assertThat(loans.lend(burst, PACKETS)).isZero();
    }

    @Test
    void packetsBeforeTheFirstOneCannotBeRemoved() {
        assertThatThrownBy(() -> burst.remove(-1, PACKETS)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(burst.count()).isEqualTo(PACKETS);
    }

    @Test
    void bytesOfABurstFollowEveryChange() {
        assertThat(burst.bytes(PACKETS)).isEqualTo(PACKETS * BYTES);
        assertThat(burst.bytes(1)).isEqualTo(BYTES);
        burst.length(0, 100);
        assertThat(burst.bytes(PACKETS)).isEqualTo(100 + (PACKETS - 1) * BYTES);
        burst.removeFirst(1);
        assertThat(burst.bytes(PACKETS - 1)).isEqualTo((PACKETS - 1) * BYTES);
        burst.clear();
        assertThat(burst.bytes(0)).isZero();
    }
}
