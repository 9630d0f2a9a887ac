// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.channel;

/**
 * State of one side of a link, and the 64-bit lane word that carries it: epoch in the upper half, state in the lower
 * (SPEC.md section 7).
 */
public enum LaneState {
    /** Nobody drives this side; it touches no ring. */
    NOT_INITIALIZED(0),
    /** The host: a new epoch waits for the guest. The guest: asks for a new epoch. */
    INITIALIZING(1),
    /** The side has acknowledged the epoch in the same word. */
    INITIALIZED(2);

    private final int code;

    LaneState(int code) {
        this.code = code;
    }

    /** {@return the number in shared memory} */
    public int code() {
        return code;
    }

    /**
     * Builds a lane word.
     *
     * @param epoch unsigned 32-bit epoch
     * @return the word
     */
    public long word(int epoch) {
        return (long) epoch << 32 | code;
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
        return switch ((int) word) {
            case 1 -> INITIALIZING;
            case 2 -> INITIALIZED;
            default -> NOT_INITIALIZED;
        };
    }
}
