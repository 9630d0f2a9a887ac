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

    private static final int DESCRIPTORS_PER_LINE = 4;

    private final MemorySegment ring;
    private final int queueSize;
    private final long mask;
    private long consumed;
    /** Keeps the compiler from leaving the reads of {@link #prefetch} out. */
    @SuppressWarnings("UnusedVariable")
    private long prefetched;
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
     * How many descriptors can be taken; reads the producer's position only if none is known of.
     *
     * @return 0 to the queue size, or {@link #FAULT}
     */
    public int ready() {
        long ready = produced - consumed;
        return ready != 0 ? (int) ready : readProduced();
    }

    private int readProduced() {
        // Pairs with the release of the producer's publish: the descriptors below the position are complete.
        long position = (long) SharedWord.LONG_HANDLE.getAcquire(ring, RingLayout.PRODUCER_OFFSET);
        long ready = position - consumed;
        if (Long.compareUnsigned(ready, queueSize) > 0) {
            return FAULT;
        }
        produced = position;
        return (int) ready;
    }

    /**
     * The place of a descriptor that is ready, for {@link #address} and {@link #meta}, each of which must be read once only:
     * whoever shares the memory may change it between two reads.
     *
     * @param index 0 to {@link #ready} - 1
     * @return bytes from the start of the ring
     */
    public long slot(int index) {
        return RingLayout.DESCRIPTORS_OFFSET + ((consumed + index) & mask) * Descriptor.BYTES;
    }

    /** {@return the bus address of the descriptor at a slot; nothing about it has been checked} */
    public long address(long slot) {
        return ring.get(SharedWord.LONG, slot + Descriptor.ADDRESS_OFFSET);
    }

    /** {@return the meta word of the descriptor at a slot; nothing about it has been checked} */
    public long meta(long slot) {
        return ring.get(SharedWord.LONG, slot + Descriptor.META_OFFSET);
    }

    /**
     * Asks for the cache lines of descriptors that are ready, all at once: a loop that checks each descriptor as it comes has one
     * or two lines on their way from the other side's processor at a time. What is read here is not used.
     *
     * @param count 0 to {@link #ready}
     */
    public void prefetch(int count) {
        long seen = 0;
        for (int i = 0; i < count; i += DESCRIPTORS_PER_LINE) {
            seen ^= ring.get(SharedWord.LONG, slot(i));
        }
        prefetched = seen;
    }

    /**
     * Gives the slots of the first descriptors back to the producer.
     *
     * @param count 0 to {@link #ready}
     */
    public void release(int count) {
        consumed += count;
        // Pairs with the acquire in ProducerRing.room: slots are free only after they were read.
        SharedWord.LONG_HANDLE.setRelease(ring, RingLayout.CONSUMER_OFFSET, consumed);
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
        int count = Math.min(ready(), Math.min(limit, into.address.length));
        if (count <= 0) {
            return count;
        }
        for (int i = 0; i < count; i++) {
            long slot = slot(i);
            into.address[i] = address(slot);
            into.meta[i] = meta(slot);
        }
        into.count = count;
        release(count);
        return count;
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
