// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.stress;

import io.vlink.tests.rings.RealRing;
import io.vlink.spec.channel.RingLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Native memory for the many short-lived rings of a jcstress run, used round and round: jcstress keeps a few thousand states at
 * once, far fewer than there are pieces. A piece holds a ring of the smallest size and a payload line after it.
 */
public final class RingMemory {
    /** Where a piece's payload begins. */
    public static final long PAYLOAD_OFFSET = RingLayout.bytes(RealRing.MIN_QUEUE_SIZE);

    private static final int PIECES = 1 << 16;
    private static final long PIECE_BYTES = 512;
    private static final MemorySegment SLAB = Arena.ofAuto().allocate(PIECES * PIECE_BYTES, 128);
    private static final AtomicInteger NEXT = new AtomicInteger();

    private RingMemory() {
    }

    /** {@return a piece of memory, zero} */
    public static MemorySegment piece() {
        long index = NEXT.getAndIncrement() & PIECES - 1;
        return SLAB.asSlice(index * PIECE_BYTES, PIECE_BYTES).fill((byte) 0);
    }

    /**
     * The ring in a piece.
     *
     * @param piece a piece
     * @return exactly the ring's bytes
     */
    public static MemorySegment ring(MemorySegment piece) {
        return piece.asSlice(0, PAYLOAD_OFFSET);
    }
}
