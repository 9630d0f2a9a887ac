// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import io.vlink.infra.os.Prefetch;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import java.lang.foreign.MemorySegment;

/**
 * The slots of a ring, copied in runs with the widest loads and stores that the processor has: a store of half a cache line waits
 * for the other side's processor as long as one of 8 bytes does, and a processor can have only so many of them waiting.
 */
final class RingSlots {
    /** Up to this many words a loop is faster than the call of a copying routine. */
    private static final int FEW_WORDS = 16;

    private static final int SLOTS_PER_LINE = Prefetch.LINE_BYTES / (int) Descriptor.BYTES;

    private final MemorySegment ring;
    /** For prefetches, which need no memory that is there: objects of many links do not fit the nearest cache. */
    private final long ringAddress;

    RingSlots(MemorySegment ring) {
        this.ring = ring;
        this.ringAddress = ring.address();
    }

    private static long place(int slot) {
        return RingLayout.DESCRIPTORS_OFFSET + slot * Descriptor.BYTES;
    }

    long address(int slot) {
        return ring.get(SharedWord.LONG, place(slot) + Descriptor.ADDRESS_OFFSET);
    }

    long meta(int slot) {
        return ring.get(SharedWord.LONG, place(slot) + Descriptor.META_OFFSET);
    }

    void write(int slot, long address, long meta) {
        ring.set(SharedWord.LONG, place(slot) + Descriptor.ADDRESS_OFFSET, address);
        ring.set(SharedWord.LONG, place(slot) + Descriptor.META_OFFSET, meta);
    }

    /** Asks for the cache lines of slots that follow each other, to be read. */
    void prefetch(int slot, int count) {
        Prefetch.toRead(ringAddress + place(slot), lines(slot, count));
    }

    /** Asks for the cache line of the producer position, to be read. */
    void prefetchProducer() {
        Prefetch.toRead(ringAddress + RingLayout.PRODUCER_OFFSET, 1);
    }

    /** Asks for the cache line of the producer position, to be written. */
    void prefetchProducerToWrite() {
        Prefetch.toWrite(ringAddress + RingLayout.PRODUCER_OFFSET);
    }

    /** Cache lines that slots stand in; the first slot of a ring begins a line. */
    static int lines(int slot, int count) {
        return count == 0 ? 0 : (slot + count - 1) / SLOTS_PER_LINE - slot / SLOTS_PER_LINE + 1;
    }

    /** Copies descriptors out of slots that follow each other; each word is read once. */
    void read(int slot, long[] words, int index, int count) {
        long from = place(slot);
        int to = index * DescriptorBatch.WORDS;
        int length = count * DescriptorBatch.WORDS;
        if (length > FEW_WORDS) {
            MemorySegment.copy(ring, SharedWord.LONG, from, words, to, length);
            return;
        }
        for (int i = 0; i < length; i++) {
            words[to + i] = ring.get(SharedWord.LONG, from + (long) i * Long.BYTES);
        }
    }

    /** Copies descriptors into slots that follow each other. */
    void write(int slot, long[] words, int index, int count) {
        long to = place(slot);
        int from = index * DescriptorBatch.WORDS;
        int length = count * DescriptorBatch.WORDS;
        if (length > FEW_WORDS) {
            MemorySegment.copy(words, from, ring, SharedWord.LONG, to, length);
            return;
        }
        for (int i = 0; i < length; i++) {
            ring.set(SharedWord.LONG, to + (long) i * Long.BYTES, words[from + i]);
        }
    }
}
