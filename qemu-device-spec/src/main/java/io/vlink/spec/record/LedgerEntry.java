// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.record;

/**
 * One buffer's word in the ledger: who holds it (SPEC.md appendix A).
 *
 * <pre>
 * bits  0 to 15  generation of the latest lending
 * bits 16 to 23  data channel it is lent to, from 0
 * bits 24 to 31  state: 0 free, 1 lent to the guest, 2 the host's program has it
 * bits 32 to 63  epoch of the lending
 * </pre>
 */
public final class LedgerEntry {
    /** Lowest bit of the data channel. */
    public static final int CHANNEL_SHIFT = 16;
    /** Lowest bit of the state. */
    public static final int STATE_SHIFT = 24;
    /** Lowest bit of the epoch. */
    public static final int EPOCH_SHIFT = 32;
    /** State: nobody uses the buffer. */
    public static final int FREE = 0;
    /** State: the guest has the buffer. */
    public static final int LENT = 1;
    /** State: the host's program has the buffer. */
    public static final int HELD = 2;

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
        return (long) epoch << EPOCH_SHIFT | (long) LENT << STATE_SHIFT | (long) channel << CHANNEL_SHIFT
                | (generation & 0xffffL);
    }

    /**
     * The word of a buffer that the host's program has.
     *
     * @param generation 16 bits, of the latest lending
     * @return the word
     */
    public static long held(int generation) {
        return (long) HELD << STATE_SHIFT | (generation & 0xffffL);
    }

    /**
     * The word of a free buffer.
     *
     * @param generation 16 bits, of the latest lending
     * @return the word
     */
    public static long free(int generation) {
        return generation & 0xffffL;
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
        return (int) word & 0xffff;
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
        return (int) (word >>> EPOCH_SHIFT);
    }
}
