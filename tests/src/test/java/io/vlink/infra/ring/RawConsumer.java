// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import java.lang.foreign.MemorySegment;

/** A ring's consuming end that shows what it takes: what tests look at and no program can. */
public final class RawConsumer {
    private final ConsumerRing ring;
    private final UncheckedDescriptors copies;

    /**
     * The consuming end of the ring in a segment.
     *
     * @param memory    exactly the ring's bytes
     * @param queueSize descriptors
     */
    public RawConsumer(MemorySegment memory, int queueSize) {
        ring = new ConsumerRing(memory, queueSize);
        copies = new UncheckedDescriptors(queueSize);
    }

    /** {@return the end that this one shows} */
    public ConsumerRing ring() {
        return ring;
    }

    /**
     * Takes descriptors.
     *
     * @param into  receives them, from index 0; its count is set
     * @param limit at most
     * @return how many, or {@link ConsumerRing#FAULT}
     */
    public int poll(DescriptorBatch into, int limit) {
        int count = ring.poll(copies, Math.min(limit, into.capacity()));
        into.count = Math.max(0, count);
        for (int i = 0; i < count; i++) {
            into.set(i, copies.address(i), copies.meta(i));
        }
        return count;
    }
}
