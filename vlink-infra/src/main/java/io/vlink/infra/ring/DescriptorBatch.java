// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

/**
 * Descriptors as they stand on a ring: a private copy that nobody has checked yet. A consumer turns it into a
 * {@link PacketBurst} by checking every entry; nothing else can be done with it, so that a check cannot be forgotten and
 * shared memory is never read a second time. One thread at a time.
 */
public final class DescriptorBatch {
    /** Bus address of each descriptor. */
    public final long[] address;
    /** Meta word of each descriptor: length, flags, generation; see {@code io.vlink.spec.channel.Descriptor}. */
    public final long[] meta;
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
        address = new long[capacity];
        meta = new long[capacity];
    }

    /** {@return descriptors that it has room for} */
    public int capacity() {
        return address.length;
    }
}
