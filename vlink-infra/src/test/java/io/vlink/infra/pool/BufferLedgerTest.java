// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.record.LedgerEntry;
import java.lang.foreign.Arena;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/** What the ledger accepts back, and what the pool does with it. */
class BufferLedgerTest {
    private static final int BUFFERS = 16;
    private final BufferLedger ledger = new BufferLedger(Arena.ofAuto().allocate(BUFFERS * 8L, 8));
    private final PoolLayout pool = new PoolLayout(4_096, BUFFERS, 2_048);
    private final FreeList list = new FreeList(16, BUFFERS);

    private int lend(int buffer, int epoch, int channel) {
        long lent = ledger.lend(buffer, LedgerEntry.lent(epoch, channel, 0));
        assertThat(BufferLedger.isLoan(lent)).isTrue();
        return Descriptor.generation(lent);
    }

    @Test
    void aBufferThatWasNeverLentIsNotTakenBack() {
        assertThat(ledger.takeBack(3, 1, 0, 0)).isEqualTo(BufferLedger.NOT_LENT);
    }

    @Test
    void aBufferIsTakenBackOnce() {
        int generation = lend(3, 1, 0);
        assertThat(ledger.takeBack(3, 1, 0, generation)).isEqualTo(BufferLedger.TAKEN_BACK);
        assertThat(ledger.takeBack(3, 1, 0, generation)).isEqualTo(BufferLedger.NOT_LENT);
    }

    @Test
    void anotherChannelOrEpochIsNotTheBorrower() {
        int generation = lend(3, 7, 2);
        assertThat(ledger.takeBack(3, 7, 1, generation)).isEqualTo(BufferLedger.NOT_LENT);
        assertThat(ledger.takeBack(3, 6, 2, generation)).isEqualTo(BufferLedger.NOT_LENT);
        assertThat(ledger.isLent(3)).isTrue();
    }

    @Test
    void anOlderGenerationIsStaleAndTheBufferStaysLent() {
        int first = lend(3, 1, 0);
        ledger.takeBack(3, 1, 0, first);
        int second = lend(3, 1, 0);
        assertThat(second).isNotEqualTo(first);
        assertThat(ledger.takeBack(3, 1, 0, first)).isEqualTo(BufferLedger.STALE_GENERATION);
        assertThat(ledger.takeBack(3, 1, 0, second)).isEqualTo(BufferLedger.TAKEN_BACK);
    }

    @Test
    void generationsWrapAfterSixteenBits() {
        int generation = 0;
        for (int i = 0; i < 70_000; i++) {
            generation = lend(5, -1, 14);
            assertThat(ledger.takeBack(5, -1, 14, generation)).isEqualTo(BufferLedger.TAKEN_BACK);
        }
        assertThat(generation).isEqualTo(69_999 & 0xffff);
    }

    @Test
    void whatTheProgramDoesNotHoldIsNotLentAndStaysAsItIs() {
        ledger.free(2);
        long free = ledger.entry(2);
        assertThat(BufferLedger.isLoan(ledger.lend(2, LedgerEntry.lent(1, 0, 0)))).isFalse();
        assertThat(ledger.entry(2)).isEqualTo(free);
        lend(3, 1, 0);
        long lent = ledger.entry(3);
        assertThat(BufferLedger.isLoan(ledger.lend(3, LedgerEntry.lent(1, 0, 0)))).isFalse();
        assertThat(ledger.entry(3)).isEqualTo(lent);
    }

    @Test
    void everyBitOfAnotherMetaWordThanTheGenerationIsTheGuestsOwn() {
        long borrower = LedgerEntry.lent(-1, 14, 0);
        for (int bit = 0; bit < 64; bit++) {
            int generation = lend(4, -1, 14);
            long meta = Descriptor.meta(0, 0, generation) ^ 1L << bit;
            assertThat(ledger.takeBack(4, borrower, meta)).as("bit=%d", bit).isEqualTo(bit < 48);
            ledger.hold(4);
        }
    }

    @Test
    void aRevokedBufferIsTheHostsAndItsNextLendingAnotherOne() {
        int generation = lend(1, 1, 0);
        lend(15, 1, 3);
        ledger.free(1);
        assertThat(ledger.isLent(1)).isFalse();
        assertThat(ledger.isLent(15)).isTrue();
        ledger.hold(1);
        assertThat(lend(1, 2, 0)).isNotEqualTo(generation);
    }

    @Test
    void theNewestFreeBufferIsTakenFirstAndEachOnlyOnce() {
        list.give(25);
        list.give(20);
        assertThat(list.available(1)).isEqualTo(2);
        assertThat(list.take()).isEqualTo(20);
        assertThat(list.take()).isEqualTo(25);
        assertThat(list.take()).isEqualTo(FreeList.NONE);
    }

    @Test
    void buffersFromAnotherWorkerComeHomeAndNoneIsLostOrDoubled() throws InterruptedException {
        int rounds = 100_000;
        BlockingQueue<Integer> away = new LinkedBlockingQueue<>();
        for (int buffer = 16; buffer < 16 + BUFFERS; buffer++) {
            list.give(buffer);
        }
        Thread other = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < rounds; i++) {
                try {
                    list.giveFromElsewhere(away.take());
                } catch (InterruptedException e) {
                    return;
                }
            }
        });
        for (int i = 0; i < rounds; i++) {
            int buffer = list.take();
            while (buffer == FreeList.NONE) {
                Thread.onSpinWait();
                buffer = list.take();
            }
            away.add(buffer);
        }
        other.join();
        Set<Integer> home = new HashSet<>();
        for (int i = 0; i < BUFFERS; i++) {
            home.add(list.take());
        }
        assertThat(home).hasSize(BUFFERS).allMatch(list::isHomeOf);
        assertThat(list.take()).isEqualTo(FreeList.NONE);
    }

    @Test
    void offsetsOutsideThePoolBelongToNoBuffer() {
        assertThat(pool.bufferAt(4_095)).isEqualTo(PoolLayout.OUTSIDE);
        assertThat(pool.bufferAt(4_096 + BUFFERS * 2_048L)).isEqualTo(PoolLayout.OUTSIDE);
        assertThat(pool.bufferAt(-1)).isEqualTo(PoolLayout.OUTSIDE);
        assertThat(pool.bufferAt(Long.MIN_VALUE)).isEqualTo(PoolLayout.OUTSIDE);
        assertThat(pool.bufferAt(Long.MAX_VALUE)).isEqualTo(PoolLayout.OUTSIDE);
        assertThat(pool.bufferAt(4_096 + 2_048 + 5)).isEqualTo(1);
        assertThat(pool.bytesToEnd(4_096 + 2_048 + 5)).isEqualTo(2_043);
    }
}
