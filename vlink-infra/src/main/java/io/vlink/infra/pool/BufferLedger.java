// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.pool;

import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.record.LedgerEntry;
import java.lang.foreign.MemorySegment;

/**
 * Says of each buffer of a pool whether it is free, the program's, or lent: to which data channel, in which epoch and
 * generation. It stands in the link record, so it outlives the driver; guests cannot reach it. An entry is written by the
 * worker of the queue that has the buffer.
 */
public final class BufferLedger {
    /** {@link #takeBack} result: the buffer was lent exactly so, and is the host's again. */
    public static final int TAKEN_BACK = 0;
    /** {@link #takeBack} result: it was not lent to that channel in that epoch. */
    public static final int NOT_LENT = 1;
    /** {@link #takeBack} result: it is lent to that channel, but in another generation. */
    public static final int STALE_GENERATION = 2;
    /** A word of which {@link #isLoan} is false. */
    public static final long NO_LOAN = -1;

    private final MemorySegment entries;
    private final int bufferCount;

    /**
     * The ledger in a part of a link record.
     *
     * @param entries one 8-byte word a buffer
     */
    public BufferLedger(MemorySegment entries) {
        if (entries.byteSize() < Long.BYTES || entries.byteSize() % Long.BYTES != 0) {
            throw new IllegalArgumentException("ledger must have 8 bytes a buffer: bytes=" + entries.byteSize());
        }
        this.entries = entries;
        this.bufferCount = Math.toIntExact(entries.byteSize() / Long.BYTES);
    }

    /**
     * Notes that a buffer goes to the guest, if the program holds it.
     *
     * @param buffer   index in the pool
     * @param borrower entry of generation 0 for this channel and epoch, as {@link LedgerEntry#lent} makes it
     * @return the generation of this lending, in the bits where a meta word has it; or, if it does not hold it, a word of
     *         which {@link #isLoan} is false
     */
    public long lend(long buffer, long borrower) {
        long entry = entry(buffer);
        if (isLoan(entry)) {
            entries.setAtIndex(SharedWord.LONG, buffer, entry + borrower);
        }
        return entry;
    }

    /**
     * Whether a lending succeeded.
     *
     * @param lent what {@link #lend} returned
     * @return true if it is a generation, which makes a meta word together with a length
     */
    public static boolean isLoan(long lent) {
        return Descriptor.lengthAndFlags(lent) == 0;
    }

    /**
     * Takes a buffer back that the guest returned, if it was lent so; the program then holds it.
     *
     * @param buffer     index in the pool
     * @param epoch      epoch of the link
     * @param channel    data channel that it came back on, from 0
     * @param generation generation that came back with it
     * @return {@link #TAKEN_BACK}, {@link #NOT_LENT} or {@link #STALE_GENERATION}
     */
    public int takeBack(int buffer, int epoch, int channel, int generation) {
        if (takeBack(buffer, LedgerEntry.lent(epoch, channel, 0), Descriptor.meta(0, 0, generation))) {
            return TAKEN_BACK;
        }
        long entry = entry(buffer);
        boolean lentHere = entry == LedgerEntry.lent(epoch, channel, LedgerEntry.generation(entry));
        return lentHere ? STALE_GENERATION : NOT_LENT;
    }

    /**
     * Takes a buffer back if it was lent exactly so; the program then holds it.
     *
     * @param buffer   index in the pool
     * @param borrower entry of generation 0 for this channel and epoch, as {@link LedgerEntry#lent} makes it
     * @param meta     meta word that came back with the buffer; only its generation is looked at
     * @return whether it was so
     */
    public boolean takeBack(long buffer, long borrower, long meta) {
        long generation = meta - Descriptor.lengthAndFlags(meta);
        boolean exactly = entry(buffer) == generation + borrower;
        if (exactly) {
            entries.setAtIndex(SharedWord.LONG, buffer, generation + LedgerEntry.NEXT_GENERATION);
        }
        return exactly;
    }

    /**
     * Whether a buffer is lent just so.
     *
     * @param buffer   index in the pool
     * @param borrower as for {@link #lend}
     * @param meta     meta word of the lending
     * @return true if the guest has it, in that generation
     */
    public boolean isLent(long buffer, long borrower, long meta) {
        return entry(buffer) == (meta & Descriptor.GENERATION_MASK) + borrower;
    }

    /**
     * Notes that a buffer was lent some time ago, by whoever has seen to it that it may be.
     *
     * @param buffer   index in the pool
     * @param borrower as for {@link #lend}
     * @param meta     meta word of the lending
     */
    public void noteLent(long buffer, long borrower, long meta) {
        entries.setAtIndex(SharedWord.LONG, buffer, (meta & Descriptor.GENERATION_MASK) + borrower);
    }

    /**
     * Notes that a buffer came back some time ago, which whoever calls has checked.
     *
     * @param buffer index in the pool
     * @param meta   meta word of the lending
     */
    public void noteReturned(long buffer, long meta) {
        entries.setAtIndex(SharedWord.LONG, buffer, (meta & Descriptor.GENERATION_MASK) + LedgerEntry.NEXT_GENERATION);
    }

    /**
     * Notes that the program takes a free buffer.
     *
     * @param buffer index in the pool
     */
    public void hold(int buffer) {
        entries.setAtIndex(SharedWord.LONG, buffer, LedgerEntry.held(nextGeneration(buffer)));
    }

    /**
     * Notes that a buffer is free.
     *
     * @param buffer index in the pool
     */
    public void free(int buffer) {
        entries.setAtIndex(SharedWord.LONG, buffer, LedgerEntry.free(nextGeneration(buffer)));
    }

    private int nextGeneration(int buffer) {
        return LedgerEntry.generation(entry(buffer)) + (isLent(buffer) ? 1 : 0);
    }

    /**
     * Whether the guest has a buffer.
     *
     * @param buffer index in the pool
     * @return true if it is lent
     */
    public boolean isLent(int buffer) {
        return LedgerEntry.state(entry(buffer)) == LedgerEntry.LENT;
    }

    /**
     * The data channel that a buffer is lent to.
     *
     * @param buffer index in the pool, of a lent buffer
     * @return data channel, from 0
     */
    public int channelOf(int buffer) {
        return LedgerEntry.channel(entry(buffer));
    }

    /** {@return buffers in the ledger} */
    public int bufferCount() {
        return bufferCount;
    }

    /**
     * The entry of a buffer.
     *
     * @param buffer index in the pool
     * @return a word of {@link LedgerEntry}
     */
    public long entry(long buffer) {
        return entries.getAtIndex(SharedWord.LONG, buffer);
    }
}
