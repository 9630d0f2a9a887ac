// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

/** What the ledger accepts back, and what the pool does with it. */
class BufferLedgerTest {
    private static final int BUFFERS = 16;
    private final BufferLedger ledger = new BufferLedger(Arena.ofAuto().allocate(BUFFERS * 8L, 8));
    private final BufferPool pool = new BufferPool(4_096, BUFFERS, 2_048);

    @Test
    void aBufferThatWasNeverLentIsNotTakenBack() {
        assertThat(ledger.takeBack(3, 1, 0, 0)).isEqualTo(BufferLedger.NOT_LENT);
    }

    @Test
    void aBufferIsTakenBackOnce() {
        int generation = ledger.lend(3, 1, 0);
        assertThat(ledger.takeBack(3, 1, 0, generation)).isEqualTo(BufferLedger.TAKEN_BACK);
        assertThat(ledger.takeBack(3, 1, 0, generation)).isEqualTo(BufferLedger.NOT_LENT);
    }

    @Test
    void anotherChannelOrEpochIsNotTheBorrower() {
        int generation = ledger.lend(3, 7, 2);
        assertThat(ledger.takeBack(3, 7, 1, generation)).isEqualTo(BufferLedger.NOT_LENT);
        assertThat(ledger.takeBack(3, 6, 2, generation)).isEqualTo(BufferLedger.NOT_LENT);
        assertThat(ledger.isLent(3)).isTrue();
    }

    @Test
    void anOlderGenerationIsStaleAndTheBufferStaysLent() {
        int first = ledger.lend(3, 1, 0);
        ledger.takeBack(3, 1, 0, first);
        int second = ledger.lend(3, 1, 0);
        assertThat(second).isNotEqualTo(first);
        assertThat(ledger.takeBack(3, 1, 0, first)).isEqualTo(BufferLedger.STALE_GENERATION);
        assertThat(ledger.takeBack(3, 1, 0, second)).isEqualTo(BufferLedger.TAKEN_BACK);
    }

    @Test
    void generationsWrapAfterSixteenBits() {
        int generation = 0;
        for (int i = 0; i < 70_000; i++) {
            generation = ledger.lend(5, -1, 14);
            assertThat(ledger.takeBack(5, -1, 14, generation)).isEqualTo(BufferLedger.TAKEN_BACK);
        }
        assertThat(generation).isEqualTo(70_000 & 0xffff);
    }

    @Test
    void aRevokedBufferIsTheHostsAndItsNextLendingAnotherOne() {
        int generation = ledger.lend(1, 1, 0);
        ledger.lend(15, 1, 3);
        assertThat(ledger.lentCount()).isEqualTo(2);
        ledger.revoke(1);
        assertThat(ledger.isLent(1)).isFalse();
        assertThat(ledger.lentCount()).isEqualTo(1);
        assertThat(ledger.lend(1, 2, 0)).isNotEqualTo(generation);
    }

    @Test
    void theNewestFreeBufferIsTakenFirstAndEachOnlyOnce() {
        pool.give(9);
        pool.give(4);
        assertThat(pool.freeCount()).isEqualTo(2);
        assertThat(pool.isFree(9)).isTrue();
        assertThat(pool.take()).isEqualTo(4);
        assertThat(pool.take()).isEqualTo(9);
        assertThat(pool.isFree(9)).isFalse();
        assertThat(pool.take()).isEqualTo(BufferPool.OUTSIDE);
    }

    @Test
    void freeingABufferTwiceIsTheCallersError() {
        pool.give(0);
        assertThatThrownBy(() -> pool.give(0)).isInstanceOf(IllegalStateException.class)
                .hasMessage("buffer was freed twice: buffer=0");
        assertThat(pool.freeCount()).isEqualTo(1);
    }

    @Test
    void offsetsOutsideThePoolBelongToNoBuffer() {
        assertThat(pool.bufferAt(4_095)).isEqualTo(BufferPool.OUTSIDE);
        assertThat(pool.bufferAt(4_096 + BUFFERS * 2_048L)).isEqualTo(BufferPool.OUTSIDE);
        assertThat(pool.bufferAt(-1)).isEqualTo(BufferPool.OUTSIDE);
        assertThat(pool.bufferAt(Long.MIN_VALUE)).isEqualTo(BufferPool.OUTSIDE);
        assertThat(pool.bufferAt(Long.MAX_VALUE)).isEqualTo(BufferPool.OUTSIDE);
        assertThat(pool.bufferAt(4_096 + 2_048 + 5)).isEqualTo(1);
        assertThat(pool.bytesToEnd(4_096 + 2_048 + 5)).isEqualTo(2_043);
    }
}
