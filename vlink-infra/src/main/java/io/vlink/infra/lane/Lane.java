// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.lane;

/** One side of a link's epoch handshake, as far as the two are alike (SPEC.md section 7). One thread at a time. */
public interface Lane {
    /**
     * Looks at the other side's lane word; one read of shared memory where nothing has changed.
     *
     * @return {@link LaneEvent#RESET_RINGS} when the other side waits for this one: put the rings in order, then call
     *         {@link #agree}; the rest as {@link LaneEvent} says
     */
    LaneEvent poll();

    /** Agrees to the epoch that {@link #poll} found: this side's ends of the rings are at zero, and no old buffer is in use. */
    void agree();

    /** Says again what this side has said last. */
    void repeat();

    /** Leaves the link: this side touches no ring and no buffer of it any more. */
    void detach();

    /** {@return whether descriptors may flow} */
    boolean isUp();

    /** {@return the epoch that this side is in, or was last asked to agree to; unsigned} */
    int epoch();

    /**
     * The guest's agreement to the epoch, which both lane words say while it runs: another one to the same epoch is another word.
     *
     * @return the agreement that {@link #poll} asked for last, with {@link LaneEvent#RESET_RINGS}; 0 before the first
     */
    long word();
}
