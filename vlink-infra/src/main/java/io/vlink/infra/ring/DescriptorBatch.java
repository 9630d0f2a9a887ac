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

    /** Two words for each descriptor, one after the other as on the ring: bus address, then meta word. */
    final long[] words;
    /** Entries in use, from index 0. */
    public int count;

    /**
     * An empty batch.
     *
     * @param capacity descriptors that it has room for
     */
    public DescriptorBatch(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity must be positive: capacity=" + capacity);
        }
        words = new long[capacity * WORDS];
    }

    /** {@return the bus address of a descriptor} */
    public long address(int index) {
        return words[index * WORDS];
    }

    /** {@return the meta word of a descriptor: length, flags, generation; see {@code io.vlink.spec.channel.Descriptor}} */
    public long meta(int index) {
        return words[index * WORDS + 1];
    }

    /**
     * Sets a descriptor; the count stays as it is.
     *
     * @param index   0 to the capacity - 1
     * @param address bus address
     * @param meta    meta word
     */
    public void set(int index, long address, long meta) {
        words[index * WORDS] = address;
        words[index * WORDS + 1] = meta;
    }

    /** {@return descriptors that it has room for} */
    public int capacity() {
        return words.length / WORDS;
    }
}
