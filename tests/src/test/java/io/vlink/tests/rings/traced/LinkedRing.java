// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.traced;

import io.vlink.infra.ring.DescriptorBatch;
import io.vlink.tests.rings.RealRing;
import java.lang.foreign.MemorySegment;

/** Linked against the rings that {@link TracingLoader} has rewritten; made through {@link TracedRing#over}. */
public final class LinkedRing implements TracedRing {
    private static final int CAPACITY = 16;

    private final RealRing ring;
    private final DescriptorBatch in = new DescriptorBatch(CAPACITY);
    private final DescriptorBatch out = new DescriptorBatch(CAPACITY);

    /**
     * Both ends.
     *
     * @param memory    a ring's bytes
     * @param queueSize slots
     * @param start     first position
     */
    public LinkedRing(MemorySegment memory, int queueSize, long start) {
        ring = new RealRing(memory, queueSize);
        ring.startAt(start);
    }

    @Override
    public int offer(int count) {
        for (int i = 0; i < count; i++) {
            in.set(i, ring.producerPosition() + i, ~(ring.producerPosition() + i));
        }
        in.count = count;
        return ring.offer(in);
    }

    @Override
    public int poll(int limit) {
        long expected = ring.consumerPosition();
        int count = ring.poll(out, limit);
        for (int i = 0; i < count; i++) {
            if (out.address(i) != expected + i || out.meta(i) != ~(expected + i)) {
                throw new AssertionError("not the next descriptor: expected=" + (expected + i) + " address="
                        + out.address(i) + " meta=" + out.meta(i));
            }
        }
        return count;
    }

    @Override
    public long produced() {
        return ring.producerPosition();
    }

    @Override
    public long consumed() {
        return ring.consumerPosition();
    }
}
