// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings;

import io.vlink.infra.ring.DescriptorBatch;

/** Both ends of one ring, as the proofs use them: one thread for each end. */
public interface RingEnds {
    /**
     * Puts descriptors on the ring.
     *
     * @param from descriptors
     * @return how many were taken, or {@link RealRing#FAULT}
     */
    int offer(DescriptorBatch from);

    /**
     * Takes descriptors.
     *
     * @param into  receives them
     * @param limit at most
     * @return how many, or {@link RealRing#FAULT}
     */
    int poll(DescriptorBatch into, int limit);

    /**
     * Asks the producing end for room.
     *
     * @param wanted slots
     * @return free slots, or {@link RealRing#FAULT}
     */
    int room(int wanted);
}
