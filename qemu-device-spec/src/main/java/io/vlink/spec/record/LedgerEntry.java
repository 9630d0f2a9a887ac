// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.record;

import io.vlink.spec.channel.Descriptor;

/**
 * One buffer's word in the ledger: who holds it (SPEC.md appendix A).
 *
 * <pre>
 * bits  0 to 31  epoch of the lending
 * bits 32 to 39  data channel it is lent to, from 0
 * bits 40 to 47  state: 0 the host's program has it, 1 lent to the guest, 2 free
 * bits 48 to 63  generation: of this lending, or of the next one
 * </pre>
 *
 * <p>Only a lent buffer has an epoch and a channel; in other words they are zero. The generation stands where a descriptor's
 * meta word has it, so that the two are compared without moving either.
 */
public final class LedgerEntry {
    /** Lowest bit of the data channel. */
    public static final int CHANNEL_SHIFT = 32;
    /** Lowest bit of the state. */
    public static final int STATE_SHIFT = 40;
    /** Lowest bit of the generation. */
    public static final int GENERATION_SHIFT = Descriptor.GENERATION_SHIFT;
    /** State: the host's program has the buffer. Zero, so that a lending only adds to the word and a return only takes away. */
    public static final int HELD = 0;
    /** State: the guest has the buffer. */
    public static final int LENT = 1;
    /** State: nobody uses the buffer. */
    public static final int FREE = 2;
    /** What a word grows by from one generation to the next; after the last one it wraps to the first. */
    public static final long NEXT_GENERATION = 1L << GENERATION_SHIFT;

    private LedgerEntry() {
    }

    /**
     * The word of a buffer lent to the guest.
     *
     * @param epoch      epoch of the link
     * @param channel    data channel, from 0
     * @param generation 16 bits
     * @return the word
     */
    public static long lent(int epoch, int channel, int generation) {
        return (long) generation << GENERATION_SHIFT | (long) LENT << STATE_SHIFT | (long) channel << CHANNEL_SHIFT
                | (epoch & 0xffff_ffffL);
    }

    /**
     * The word of a buffer that the host's program has.
     *
     * @param generation 16 bits, of the next lending
     * @return the word
     */
    public static long held(int generation) {
        return (long) generation << GENERATION_SHIFT;
    }

    /**
     * The word of a free buffer.
     *
     * @param generation 16 bits, of the next lending
     * @return the word
     */
    public static long free(int generation) {
        return (long) generation << GENERATION_SHIFT | (long) FREE << STATE_SHIFT;
    }

    /**
     * The state of a word.
     *
     * @param word a ledger word
     * @return {@link #FREE}, {@link #LENT} or {@link #HELD}
     */
    public static int state(long word) {
        return (int) (word >>> STATE_SHIFT) & 0xff;
    }

    /**
     * The generation of a word.
     *
     * @param word a ledger word
     * @return 0 to 65535
     */
    public static int generation(long word) {
        return (int) (word >>> GENERATION_SHIFT);
    }

    /**
     * The data channel of a word.
     *
     * @param word a ledger word
     * @return 0 to 14
     */
    public static int channel(long word) {
        return (int) (word >>> CHANNEL_SHIFT) & 0xff;
    }

    /**
     * The epoch of a word.
     *
     * @param word a ledger word
     * @return unsigned 32 bits
     */
    public static int epoch(long word) {
        return (int) word;
    }
}
