// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import io.vlink.infra.translation.AddressTranslation;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import java.lang.foreign.MemorySegment;

/**
 * The producing end of a ring. The position it trusts is its own private one; the peer's is read only when the room known
 * of does not suffice, and is bounded. One thread.
 */
public final class ProducerRing {
    /** What {@link #room} and {@link #offer} return when the consumer's position cannot be: quarantine the channel. */
    public static final int FAULT = -1;

    private final MemorySegment ring;
    private final RingSlots slots;
    private final int queueSize;
    private final long mask;
    private long produced;
    private long consumed;

    /**
     * The producing end of the ring in a segment.
     *
     * @param ring      exactly the ring's bytes, aligned to 128
     * @param queueSize descriptors, a power of two
     * @throws IllegalArgumentException if the segment's size does not fit the queue size
     */
    public ProducerRing(MemorySegment ring, int queueSize) {
        if (ring.byteSize() != RingLayout.bytes(queueSize)) {
            throw new IllegalArgumentException("ring segment must have the size of its queue: bytes=" + ring.byteSize()
                    + " queue_size=" + queueSize);
        }
        this.ring = ring;
        this.slots = new RingSlots(ring);
        this.queueSize = queueSize;
        this.mask = queueSize - 1L;
    }

    /**
     * Makes sure of room, and reads the consumer's position only if it has to.
     *
     * @param wanted slots
     * @return free slots, at least {@code wanted} unless the ring is that full; or {@link #FAULT}
     */
    public int room(int wanted) {
        long free = queueSize - (produced - consumed);
        if (free >= wanted) {
            return (int) free;
        }
        // Pairs with ConsumerRing.release: the slots below the position have been read.
        long position = (long) SharedWord.LONG_HANDLE.getAcquire(ring, RingLayout.CONSUMER_OFFSET);
        long used = produced - position;
        if (Long.compareUnsigned(used, queueSize) > 0) {
            return FAULT;
        }
        consumed = position;
        return (int) (queueSize - used);
    }

    /**
     * Puts as many descriptors on the ring as there is room for, and lets the consumer have them together.
     *
     * @param from descriptors, from index 0; left as they are
     * @return how many were taken, 0 to {@code from.count}; or {@link #FAULT}
     */
    public int offer(DescriptorBatch from) {
        return offer(from.words, from.count);
    }

    /**
     * Puts the first packets of a burst on the ring, as they are where offsets are bus addresses.
     *
     * @param packets     from index 0; left as they are
     * @param count       how many, at most
     * @param translation the region's page table
     * @param scratch     for as many descriptors, whatever is in it
     * @return how many were taken, 0 to {@code count}; or {@link #FAULT}
     */
    public int offer(PacketBurst packets, int count, AddressTranslation translation, DescriptorBatch scratch) {
        if (translation.isIdentity()) {
            return offer(packets.words, count);
        }
        for (int i = 0; i < count; i++) {
            scratch.set(i, translation.toBusAddress(packets.offset(i)), packets.meta(i));
        }
        scratch.count = count;
        return offer(scratch);
    }

    private int offer(long[] words, int wanted) {
        int count = Math.min(room(wanted), wanted);
        if (count <= 0) {
            return count;
        }
        int first = (int) (produced & mask);
        int toEnd = Math.min(count, queueSize - first);
        slots.write(first, words, 0, toEnd);
        if (toEnd < count) {
            slots.write(0, words, toEnd, count - toEnd);
        }
        publish(count);
        return count;
    }

    /**
     * Asks for the line of this end's position, to be written: a consumer that polls it has taken it away, and everything that is
     * stored after the position waits until it is back.
     */
    public void prefetchPosition() {
        slots.prefetchProducerToWrite();
    }

    private void publish(int count) {
        produced += count;
        // Pairs with the acquire in ConsumerRing.ready: the descriptors are complete before the position moves.
        SharedWord.LONG_HANDLE.setRelease(ring, RingLayout.PRODUCER_OFFSET, produced);
    }

    /**
     * Puts one descriptor on the ring, for whom {@link #room} has said that there is room.
     *
     * @param address bus address
     * @param meta    meta word
     */
    public void offer(long address, long meta) {
        slots.write((int) (produced & mask), address, meta);
        publish(1);
    }

    /** Starts again at position zero, for a new epoch; only while the other end is quiet (SPEC.md section 7). */
    public void reset() {
        produced = 0;
        consumed = 0;
        SharedWord.LONG_HANDLE.setRelease(ring, RingLayout.PRODUCER_OFFSET, 0L);
    }

    /** {@return how many descriptors have been put on the ring since the last reset} */
    public long position() {
        return produced;
    }
}
