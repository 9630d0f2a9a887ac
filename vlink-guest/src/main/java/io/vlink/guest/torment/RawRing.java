// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.torment;

import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import java.lang.foreign.MemorySegment;

/** The guest's end of a ring without any rule: whatever is asked for is written. One thread. */
final class RawRing {
    private final MemorySegment memory;
    private final int queueSize;
    private final long ownOffset;
    private final long peerOffset;
    private long position;

    /**
     * An end at position zero.
     *
     * @param memory    exactly the ring
     * @param queueSize descriptors
     * @param produces  whether the guest is the producer
     */
    RawRing(MemorySegment memory, int queueSize, boolean produces) {
        this.memory = memory;
        this.queueSize = queueSize;
        this.ownOffset = produces ? RingLayout.PRODUCER_OFFSET : RingLayout.CONSUMER_OFFSET;
        this.peerOffset = produces ? RingLayout.CONSUMER_OFFSET : RingLayout.PRODUCER_OFFSET;
    }

    /** {@return this end's position, as this end means it} */
    long position() {
        return position;
    }

    /** {@return the host's position} */
    long peer() {
        return (long) SharedWord.LONG_HANDLE.getAcquire(memory, peerOffset);
    }

    /** {@return slots that a producer may write, if the host's position can be believed; else 0} */
    int room() {
        long used = position - peer();
        return used < 0 || used > queueSize ? 0 : (int) (queueSize - used);
    }

    /** {@return descriptors that a consumer may take, if the host's position can be believed; else 0} */
    int ready() {
        long ready = peer() - position;
        return ready < 0 || ready > queueSize ? 0 : (int) ready;
    }

    /** Writes the slot of a position that is {@code ahead} of this end's. */
    void write(int ahead, long address, long meta) {
        long slot = slot(position + ahead);
        memory.set(SharedWord.LONG, slot + Descriptor.ADDRESS_OFFSET, address);
        memory.set(SharedWord.LONG, slot + Descriptor.META_OFFSET, meta);
    }

    /** {@return the bus address in the slot of a position that is {@code ahead} of this end's} */
    long address(int ahead) {
        return memory.get(SharedWord.LONG, slot(position + ahead) + Descriptor.ADDRESS_OFFSET);
    }

    /** {@return the meta word in the slot of a position that is {@code ahead} of this end's} */
    long meta(int ahead) {
        return memory.get(SharedWord.LONG, slot(position + ahead) + Descriptor.META_OFFSET);
    }

    private long slot(long at) {
        return RingLayout.DESCRIPTORS_OFFSET + (at & queueSize - 1L) * Descriptor.BYTES;
    }

    /** Moves this end on, for the host to see. */
    void advance(int count) {
        moveTo(position + count);
    }

    /** Moves this end anywhere. */
    void moveTo(long anywhere) {
        position = anywhere;
        show(anywhere);
    }

    /** Shows the host a position, and means another. */
    void show(long shown) {
        SharedWord.LONG_HANDLE.setRelease(memory, ownOffset, shown);
    }
}
