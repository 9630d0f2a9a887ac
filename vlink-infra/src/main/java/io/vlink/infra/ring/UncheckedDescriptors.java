// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import io.vlink.infra.os.Prefetch;
import io.vlink.infra.translation.AddressTranslation;
import java.lang.foreign.MemorySegment;

/**
 * Descriptors as they stood on a ring: private copies, each word read once, that nobody has checked. No method says what is in
 * them. They become packets, segments or buffers through {@link LoanCheck} on the host and {@link RegionCheck} in a guest, so
 * code that leaves the check out does not compile, and what is checked is never read a second time. One thread at a time.
 */
public final class UncheckedDescriptors {
    final long[] words;
    private final MemorySegment memory;
    private final PacketBurst burst;
    /** Index of the first copy in {@link #words}, in descriptors: behind the burst's packets. */
    int first;
    private int count;

    /**
     * Room for descriptors that do not become packets of a burst one by one.
     *
     * @param capacity descriptors at most
     */
    public UncheckedDescriptors(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity must be positive: capacity=" + capacity);
        }
        this.words = new long[capacity * DescriptorBatch.WORDS];
        this.memory = MemorySegment.ofArray(words).asReadOnly();
        this.burst = null;
    }

    /** The place behind a burst's packets: what passes its check is a packet where it stands. */
    UncheckedDescriptors(PacketBurst burst) {
        this.words = burst.words;
        this.memory = burst.memory();
        this.burst = burst;
    }

    /** {@return copies that the last peek or poll made, without those that a check has left for another time} */
    public int count() {
        return count;
    }

    /** Makes ready for new copies; returns how many there is room for. */
    int begin() {
        count = 0;
        if (burst == null) {
            return words.length / DescriptorBatch.WORDS;
        }
        first = burst.count;
        return burst.room();
    }

    void copied(int descriptors) {
        count = descriptors;
    }

    /** Forgets all but the first copies: the others are copied again another time, and nothing of these is used. */
    void keep(int most) {
        count = Math.min(count, most);
    }

    /** What stands where an address was: the bus address, or after {@link #toOffsets} a region offset. */
    long address(int index) {
        return words[(first + index) * DescriptorBatch.WORDS];
    }

    long meta(int index) {
        return words[(first + index) * DescriptorBatch.WORDS + 1];
    }

    /**
     * Asks for the first line of the only copy's packet, to be written: who gets a packet by itself is waited for, and the line
     * can be on its way while the packet is checked. Offsets must stand in place of bus addresses. A place outside the region is
     * not asked for, as how long that takes could tell the peer something of this process's memory.
     *
     * @param translation the region's page table
     * @param region      the packet region
     */
    public void prefetchToWrite(AddressTranslation translation, MemorySegment region) {
        if (isToBeAskedFor(translation)) {
            Prefetch.toWriteEach(memory, first, 1, region.address());
        }
    }

    /** Whether the first copy's place is one of the region. */
    boolean isToBeAskedFor(AddressTranslation translation) {
        return translation.isOffset(address(0));
    }

    /**
     * Makes region offsets of the bus addresses, as {@link AddressTranslation#toOffset} does. They are as unchecked as before.
     *
     * @param translation the region's page table
     */
    public void toOffsets(AddressTranslation translation) {
        if (!translation.isIdentity()) {
            if (burst != null) {
                burst.change(first);
            }
            for (int i = 0; i < count; i++) {
                int word = (first + i) * DescriptorBatch.WORDS;
                words[word] = translation.toOffset(words[word]);
            }
        }
    }
}
