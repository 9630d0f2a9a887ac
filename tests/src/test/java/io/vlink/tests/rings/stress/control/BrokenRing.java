// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.stress.control;

import io.vlink.infra.ring.DescriptorBatch;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import io.vlink.tests.rings.RingEnds;
import io.vlink.tests.rings.stress.RingMemory;
import io.vlink.tests.rings.stress.StartedRing;
import java.lang.foreign.MemorySegment;

/**
 * A ring with one of the two classic mistakes: the producer publishes before it writes, or the consumer gives slots back before
 * it reads them; with a plain store. It works whenever the ends take turns.
 */
final class BrokenRing implements RingEnds {
    private static final long MASK = StartedRing.SLOTS - 1L;

    private final MemorySegment memory = RingMemory.ring(RingMemory.piece());
    private final boolean publishFirst;
    private final boolean releaseFirst;
    private long produced;
    private long consumed;

    BrokenRing(boolean publishFirst, boolean releaseFirst) {
        this.publishFirst = publishFirst;
        this.releaseFirst = releaseFirst;
    }

    @Override
    public int offer(DescriptorBatch from) {
        int count = Math.min(room(from.count), from.count);
        if (publishFirst) {
            memory.set(SharedWord.LONG, RingLayout.PRODUCER_OFFSET, produced + count);
        }
        for (int i = 0; i < count; i++) {
            memory.set(SharedWord.LONG, slot(produced + i) + Descriptor.ADDRESS_OFFSET, from.address(i));
            memory.set(SharedWord.LONG, slot(produced + i) + Descriptor.META_OFFSET, from.meta(i));
        }
        produced += count;
        SharedWord.LONG_HANDLE.setRelease(memory, RingLayout.PRODUCER_OFFSET, produced);
        return count;
    }

    @Override
    public int poll(DescriptorBatch into, int limit) {
        long ready = (long) SharedWord.LONG_HANDLE.getAcquire(memory, RingLayout.PRODUCER_OFFSET) - consumed;
        int count = (int) Math.min(ready, limit);
        if (releaseFirst) {
            memory.set(SharedWord.LONG, RingLayout.CONSUMER_OFFSET, consumed + count);
        }
        for (int i = 0; i < count; i++) {
            into.set(i, memory.get(SharedWord.LONG, slot(consumed + i) + Descriptor.ADDRESS_OFFSET),
                    memory.get(SharedWord.LONG, slot(consumed + i) + Descriptor.META_OFFSET));
        }
        into.count = count;
        consumed += count;
        SharedWord.LONG_HANDLE.setRelease(memory, RingLayout.CONSUMER_OFFSET, consumed);
        return count;
    }

    @Override
    public int room(int wanted) {
        long used = produced - (long) SharedWord.LONG_HANDLE.getAcquire(memory, RingLayout.CONSUMER_OFFSET);
        return (int) (StartedRing.SLOTS - used);
    }

    private static long slot(long position) {
        return RingLayout.DESCRIPTORS_OFFSET + (position & MASK) * Descriptor.BYTES;
    }
}
