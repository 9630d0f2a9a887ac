// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.stress;

import io.vlink.infra.ring.DescriptorBatch;
import io.vlink.tests.rings.RealRing;
import io.vlink.tests.rings.RingEnds;

/** What every stress test begins with: a ring of the smallest size in fresh memory, and a batch for each end. */
public final class StartedRing {
    /** Slots of the ring. */
    public static final int SLOTS = RealRing.MIN_QUEUE_SIZE;
    /** A start from which the low half of a position overflows within the ring's first half turn. */
    public static final long BEFORE_2_TO_32 = (1L << 32) - 3;

    /** Both ends. */
    public final RingEnds ends;
    /** The producing actor's batch. */
    public final DescriptorBatch in = new DescriptorBatch(SLOTS);
    /** The consuming actor's batch. */
    public final DescriptorBatch out = new DescriptorBatch(SLOTS);

    /**
     * A ring that holds numbered descriptors already, from number 1.
     *
     * @param ends  both ends of an empty ring
     * @param count descriptors on it, 0 to {@link #SLOTS}
     */
    public StartedRing(RingEnds ends, int count) {
        this.ends = ends;
        if (count > 0) {
            ends.offer(Descriptors.numbered(in, 1, count));
        }
    }

    /**
     * The real ring in fresh memory.
     *
     * @param position where it starts
     * @param count    descriptors on it
     * @return the ring
     */
    public static StartedRing real(long position, int count) {
        RealRing ring = new RealRing(RingMemory.ring(RingMemory.piece()), SLOTS);
        ring.startAt(position);
        return new StartedRing(ring, count);
    }
}
