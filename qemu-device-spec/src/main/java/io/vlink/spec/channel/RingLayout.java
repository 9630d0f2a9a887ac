// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.channel;

import io.vlink.spec.pci.Limits;

/**
 * A single-producer/single-consumer ring of descriptors (SPEC.md section 8). Positions are free-running 64-bit counts;
 * a descriptor's index is its position modulo the queue size. Each position has a 128-byte block to itself: one writer per
 * cache line, and the neighbour that a processor fetches along with it stays quiet.
 *
 * <pre>
 * 0x000 producer position  u64   (producer writes, release)
 * 0x080 consumer position  u64   (consumer writes, release)
 * 0x100 descriptors        queue size x 16 B
 * </pre>
 */
public final class RingLayout {
    /** Offset of the producer position, 8 bytes. */
    public static final long PRODUCER_OFFSET = 0x000;
    /** Offset of the consumer position, 8 bytes. */
    public static final long CONSUMER_OFFSET = 0x080;
    /** Offset of the first descriptor. */
    public static final long DESCRIPTORS_OFFSET = 0x100;

    private RingLayout() {
    }

    /**
     * Size of a ring.
     *
     * @param queueSize descriptors, a power of two from {@value Limits#MIN_QUEUE_SIZE} to {@value Limits#MAX_QUEUE_SIZE}
     * @return bytes
     * @throws IllegalArgumentException for another queue size
     */
    public static long bytes(int queueSize) {
        checkQueueSize(queueSize);
        return DESCRIPTORS_OFFSET + (long) queueSize * Descriptor.BYTES;
    }

    /**
     * Checks a queue size that somebody asks for or that shared memory states.
     *
     * @param queueSize descriptors
     * @return the same number
     * @throws IllegalArgumentException unless it is a power of two within the limits
     */
    public static int checkQueueSize(int queueSize) {
        if (queueSize < Limits.MIN_QUEUE_SIZE || queueSize > Limits.MAX_QUEUE_SIZE
                || Integer.bitCount(queueSize) != 1) {
            throw new IllegalArgumentException("queue_size must be a power of two from " + Limits.MIN_QUEUE_SIZE
                    + " to " + Limits.MAX_QUEUE_SIZE + ": queue_size=" + queueSize);
        }
        return queueSize;
    }
}
