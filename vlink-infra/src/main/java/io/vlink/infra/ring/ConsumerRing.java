// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import java.lang.foreign.MemorySegment;

/**
 * The consuming end of a ring. The position it trusts is its own private one; the peer's is read only when all that is known
 * of has been taken, and is bounded. One thread.
 */
public final class ConsumerRing {
    /** What {@link #poll} returns when the producer's position cannot be: the channel must be quarantined. */
    public static final int FAULT = -1;

    private final MemorySegment ring;
    private final int queueSize;
    private final long mask;
    private long consumed;
    private long produced;

    /**
     * The consuming end of the ring in a segment.
     *
     * @param ring      exactly the ring's bytes, aligned to 128
     * @param queueSize descriptors, a power of two
     * @throws IllegalArgumentException if the segment's size does not fit the queue size
     */
    public ConsumerRing(MemorySegment ring, int queueSize) {
        if (ring.byteSize() != RingLayout.bytes(queueSize)) {
            throw new IllegalArgumentException("ring segment must have the size of its queue: bytes=" + ring.byteSize()
                    + " queue_size=" + queueSize);
        }
        this.ring = ring;
        this.queueSize = queueSize;
        this.mask = queueSize - 1L;
    }

    /**
     * Copies descriptors out of the ring, then gives their slots back to the producer.
     *
     * @param into  receives the unchecked copies, from index 0; its count is set
     * @param limit descriptors at most, 0 or more; no more than the batch has room for
     * @return how many, 0 if the ring is empty, or {@link #FAULT}
     */
    public int poll(DescriptorBatch into, int limit) {
        into.count = 0;
        long ready = produced - consumed;
        if (ready == 0) {
            // Pairs with the release of the producer's publish: the descriptors below the position are complete.
            produced = (long) SharedWord.LONG_HANDLE.getAcquire(ring, RingLayout.PRODUCER_OFFSET);
            ready = produced - consumed;
            if (ready == 0) {
                return 0;
            }
            if (Long.compareUnsigned(ready, queueSize) > 0) {
                produced = consumed;
                return FAULT;
            }
        }
        int count = (int) Math.min(ready, Math.min(limit, into.address.length));
        copyOut(into, count);
        consumed += count;
        // Pairs with the acquire in ProducerRing.room: slots are free only after they were read.
        SharedWord.LONG_HANDLE.setRelease(ring, RingLayout.CONSUMER_OFFSET, consumed);
        return count;
    }

    private void copyOut(DescriptorBatch into, int count) {
        long[] address = into.address;
        long[] meta = into.meta;
        long position = consumed;
        for (int i = 0; i < count; i++) {
            long slot = RingLayout.DESCRIPTORS_OFFSET + ((position + i) & mask) * Descriptor.BYTES;
            address[i] = ring.get(SharedWord.LONG, slot + Descriptor.ADDRESS_OFFSET);
            meta[i] = ring.get(SharedWord.LONG, slot + Descriptor.META_OFFSET);
        }
        into.count = count;
    }

    /** Starts again at position zero, for a new epoch; only while the other end is quiet (SPEC.md section 7). */
    public void reset() {
        consumed = 0;
        produced = 0;
        SharedWord.LONG_HANDLE.setRelease(ring, RingLayout.CONSUMER_OFFSET, 0L);
    }

    /** {@return how many descriptors have been taken since the last reset} */
    public long position() {
        return consumed;
    }
}
