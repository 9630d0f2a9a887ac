// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import io.vlink.spec.channel.Descriptor;

/**
 * Descriptors on their way to a ring, with bus addresses. What comes off a ring is {@link UncheckedDescriptors}. One thread at a
 * time.
 */
public final class DescriptorBatch {
    /** Words of a descriptor. */
    static final int WORDS = (int) (Descriptor.BYTES / Long.BYTES);
    /**
     * Words of an array of descriptors that stand unused before the first one. By default an array's words begin 16 bytes behind
     * its object; so where objects begin at multiples of 32 bytes, as with our launchers ({@code -XX:ObjectAlignmentInBytes=32}),
     * the first descriptor does, and every second one from there. Copies to other places are made with masked stores, and what
     * these wrote can be read only when everything stored before has left the processor (Intel's optimization reference manual,
     * on forwarding and memory masking). Index -1, which nobody may use, is then no longer outside of the array.
     */
    private static final int LEADING_WORDS = WORDS;

    /** Two words for each descriptor, from {@link #word} on, one after the other as on the ring: bus address, then meta word. */
    final long[] words;
    /** Entries in use, from index 0. */
    public int count;

    /**
     * An empty batch.
     *
     * @param capacity descriptors that it has room for
     */
    public DescriptorBatch(int capacity) {
        words = array(capacity);
    }

    /** An array with room for descriptors, of which {@link #word} tells the places. */
    static long[] array(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity must be positive: capacity=" + capacity);
        }
        return new long[Math.addExact(LEADING_WORDS, Math.multiplyExact(capacity, WORDS))];
    }

    /** How many descriptors an array has room for. */
    static int capacity(long[] array) {
        return (array.length - LEADING_WORDS) / WORDS;
    }

    /** The place of a descriptor's first word in an array; its meta word follows. */
    static int word(int index) {
        return LEADING_WORDS + index * WORDS;
    }

    /** The place of a descriptor among pairs of words, as {@link io.vlink.infra.os.Prefetch} counts them. */
    static int pair(int index) {
        return LEADING_WORDS / WORDS + index;
    }

    /** {@return the bus address of a descriptor} */
    public long address(int index) {
        return words[word(index)];
    }

    /** {@return the meta word of a descriptor: length, flags, generation; see {@code io.vlink.spec.channel.Descriptor}} */
    public long meta(int index) {
        return words[word(index) + 1];
    }

    /**
     * Sets a descriptor; the count stays as it is.
     *
     * @param index   0 to the capacity - 1
     * @param address bus address
     * @param meta    meta word
     */
    public void set(int index, long address, long meta) {
        words[word(index)] = address;
        words[word(index) + 1] = meta;
    }

    /** {@return descriptors that it has room for} */
    public int capacity() {
        return capacity(words);
    }
}
