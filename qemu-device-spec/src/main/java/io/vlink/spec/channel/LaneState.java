// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.channel;

/**
 * State of one side of a link, and the 64-bit lane word that carries it: epoch in bits 63 to 32, nonce in bits 31 to 8, state in
 * bits 7 to 0 (SPEC.md section 7).
 */
public enum LaneState {
    /** Nobody drives this side; it touches no ring. */
    NOT_INITIALIZED(0),
    /** The host: a new epoch waits for the guest. The guest: asks for a new epoch. */
    INITIALIZING(1),
    /** The guest: has agreed to the epoch in the same word, with a nonce of its own. The host: runs what the guest agreed to. */
    INITIALIZED(2);

    private static final int NONCE_MASK = 0xff_ffff;
    private static final int NONCE_SHIFT = 8;
    private static final int CODE_MASK = 0xff;

    private final int code;

    LaneState(int code) {
        this.code = code;
    }

    /** {@return the number in shared memory} */
    public int code() {
        return code;
    }

    /**
     * Builds a lane word without a nonce.
     *
     * @param epoch unsigned 32-bit epoch
     * @return the word
     */
    public long word(int epoch) {
        return word(epoch, 0);
    }

    /**
     * Builds a lane word.
     *
     * @param epoch unsigned 32-bit epoch
     * @param nonce tells one agreement to an epoch from another; its lower 24 bits count
     * @return the word
     */
    public long word(int epoch, int nonce) {
        return (long) epoch << 32 | (long) (nonce & NONCE_MASK) << NONCE_SHIFT | code;
    }

    /**
     * Whether a word says this state in an epoch, with whatever nonce.
     *
     * @param word  a lane word, from memory that a peer can write
     * @param epoch unsigned 32-bit epoch
     * @return true if it does
     */
    public boolean isSaidBy(long word, int epoch) {
        return (int) (word & CODE_MASK) == code && epoch(word) == epoch;
    }

    /**
     * The epoch of a lane word.
     *
     * @param word a lane word
     * @return unsigned 32-bit epoch
     */
    public static int epoch(long word) {
        return (int) (word >>> 32);
    }

    /**
     * The state of a lane word.
     *
     * @param word a lane word, from memory that a peer can write
     * @return the state; {@link #NOT_INITIALIZED} for a number that is no state
     */
    public static LaneState of(long word) {
        return switch ((int) word & CODE_MASK) {
            case 1 -> INITIALIZING;
            case 2 -> INITIALIZED;
            default -> NOT_INITIALIZED;
        };
    }
}
