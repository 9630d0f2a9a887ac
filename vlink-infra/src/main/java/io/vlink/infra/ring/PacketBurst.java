// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import io.vlink.spec.channel.Descriptor;

/**
 * Packets, or empty buffers, that have passed every check: each lies wholly inside the region. Filled by a receive or an
 * allocation, emptied by a transmit or a free. Allocate once, use again. One thread at a time.
 */
public final class PacketBurst {
    /** Offset of each packet's first byte from the start of the region. */
    public final long[] offset;
    /** Meta word of each packet: length and flags, and in a guest the generation; see {@link Descriptor}. */
    public final long[] meta;
    /** Packets in use, from index 0. */
    public int count;

    /**
     * An empty burst.
     *
     * @param capacity packets that it has room for
     */
    public PacketBurst(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity must be positive: capacity=" + capacity);
        }
        offset = new long[capacity];
        meta = new long[capacity];
    }

    /** {@return packets that it has room for} */
    public int capacity() {
        return offset.length;
    }

    /**
     * Length of a packet.
     *
     * @param index packet, 0 to {@code count - 1}
     * @return bytes
     */
    public int length(int index) {
        return Descriptor.length(meta[index]);
    }

    /**
     * Sets the length of a packet and leaves its flags and generation alone.
     *
     * @param index packet, 0 to {@code count - 1}
     * @param bytes new length
     */
    public void length(int index, int bytes) {
        meta[index] = Descriptor.withLength(meta[index], bytes);
    }

    /**
     * Appends a packet.
     *
     * @param packetOffset bytes from the start of the region
     * @param packetMeta   meta word
     */
    public void add(long packetOffset, long packetMeta) {
        offset[count] = packetOffset;
        meta[count] = packetMeta;
        count++;
    }

    /**
     * Drops the first packets and moves the others down: what a transmit that took only a part leaves over.
     *
     * @param taken packets to drop, 0 to {@code count}
     */
    public void removeFirst(int taken) {
        int left = count - taken;
        System.arraycopy(offset, taken, offset, 0, left);
        System.arraycopy(meta, taken, meta, 0, left);
        count = left;
    }
}
