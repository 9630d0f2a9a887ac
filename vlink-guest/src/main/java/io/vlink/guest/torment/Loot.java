// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.torment;

/** Descriptors that the host has lent on a channel, the latest ones: what attacks start from. One thread. */
final class Loot {
    private final long[] addresses;
    private final long[] metas;
    private int count;

    /**
     * Nothing yet.
     *
     * @param capacity descriptors remembered, at most; the oldest are forgotten first
     */
    Loot(int capacity) {
        addresses = new long[capacity];
        metas = new long[capacity];
    }

    /** Remembers a descriptor. */
    void add(long address, long meta) {
        int at = count % addresses.length;
        addresses[at] = address;
        metas[at] = meta;
        count++;
        if (count == 2 * addresses.length) {
            count = addresses.length; // full, and the next one goes to index 0
        }
    }

    /** {@return descriptors remembered} */
    int size() {
        return Math.min(count, addresses.length);
    }

    /** {@return the bus address of a descriptor} */
    long address(int index) {
        return addresses[index];
    }

    /** {@return the meta word of a descriptor} */
    long meta(int index) {
        return metas[index];
    }

    /** Forgets the last descriptor that was added; only if less than the capacity were. Returns its index. */
    int takeLast() {
        int last = size() - 1;
        count = last;
        return last;
    }

    /** Forgets all, and keeps it in another one. */
    void moveTo(Loot other) {
        for (int i = 0; i < size(); i++) {
            other.add(addresses[i], metas[i]);
        }
        count = 0;
    }
}
