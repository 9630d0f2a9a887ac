// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

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

    /** Descriptors that are worth the call that asks for their lines: two lines. */
    private static final int WORTH_PREFETCHING = 8;

    private final MemorySegment ring;
    private final RingSlots slots;
    private final int queueSize;
    private final long mask;
    private long consumed;
    private long produced;
    /** Descriptors of the last peek or take that found any; who takes them one by one counts as one that gets no more. */
    private int usual;
    /** What the next slot held before the position was read. Nobody uses it; a load without a use would be left out. */
    long lookedAhead;

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
        this.slots = new RingSlots(ring.asReadOnly());
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
        // Asks for the next descriptor's cache line together with the position's: a lone packet waits for both, and one after the
        // other takes longer. Where packets come in bursts it would only take the line away from the producer.
        if (usual <= 1) {
            lookedAhead = slots.meta((int) (consumed & mask));
        }
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
     * Copies descriptors, each word read once; their slots stay taken until {@link #release}.
     *
     * @param into  receives the copies; what it had before is forgotten
     * @param limit descriptors at most, 0 or more; no more are copied than there is room for
     * @return how many, 0 if the ring is empty, or {@link #FAULT}
     */
    public int peek(UncheckedDescriptors into, int limit) {
        int room = into.begin();
        int count = Math.min(ready(), Math.min(limit, room));
        if (count > 0) {
            int slot = (int) (consumed & mask);
            int toEnd = Math.min(count, queueSize - slot);
            slots.read(slot, into.words, into.first, toEnd);
            if (toEnd < count) {
                slots.read(0, into.words, into.first + toEnd, count - toEnd);
            }
            into.copied(count);
            usual = count;
            if (count >= WORTH_PREFETCHING) {
                prefetchAfter(count);
            }
        }
        return count;
    }

    /** Has the lines of the next burst on their way while the caller works on this one, if it is known to be there. */
    private void prefetchAfter(int count) {
        int more = Math.min(count, (int) (produced - consumed) - count);
        if (more >= WORTH_PREFETCHING) {
            prefetchSlots(consumed + count, more);
        }
    }

    private void prefetchSlots(long position, int count) {
        int slot = (int) (position & mask);
        int toEnd = Math.min(count, queueSize - slot);
        slots.prefetch(slot, toEnd);
        if (toEnd < count) {
            slots.prefetch(0, count - toEnd);
        }
    }

    /**
     * Asks for the cache lines that the next {@link #ready} and {@link #peek} will read, for a thread that does something else
     * first. A line that the producer is about to write is taken away from it, so this is for rings that are likely to have
     * something.
     */
    public void prefetch() {
        slots.prefetchProducer();
        prefetchSlots(consumed, usual);
    }

    /**
     * Takes the next descriptor, for whom {@link #ready} has said that there is one: as a {@link #poll} of one, without a loop.
     *
     * @param into receives the copy; must have room for one
     */
    public void take(UncheckedDescriptors into) {
        into.begin();
        int slot = (int) (consumed & mask);
        into.words[into.first * DescriptorBatch.WORDS] = slots.address(slot);
        into.words[into.first * DescriptorBatch.WORDS + 1] = slots.meta(slot);
        into.copied(1);
        usual = 1;
        release(1);
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
     * As {@link #peek}, then gives the slots back to the producer.
     *
     * @param into  receives the copies; what it had before is forgotten
     * @param limit descriptors at most, 0 or more; no more are copied than there is room for
     * @return how many, 0 if the ring is empty, or {@link #FAULT}
     */
    public int poll(UncheckedDescriptors into, int limit) {
        int count = peek(into, limit);
        if (count > 0) {
            release(count);
        }
        return count;
    }

    /** Starts again at position zero, for a new epoch; only while the other end is quiet (SPEC.md section 7). */
    public void reset() {
        consumed = 0;
        produced = 0;
        usual = 0;
        SharedWord.LONG_HANDLE.setRelease(ring, RingLayout.CONSUMER_OFFSET, 0L);
    }

    /** The descriptors, which this end can only read. */
    RingSlots slots() {
        return slots;
    }

    /** {@return how many descriptors have been taken since the last reset} */
    public long position() {
        return consumed;
    }
}
