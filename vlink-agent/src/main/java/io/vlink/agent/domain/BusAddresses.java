// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import java.util.random.RandomGenerator;

/**
 * Chooses the bus addresses of a region's pages. They are names, not places, so that nothing of the host's memory layout
 * shows.
 */
final class BusAddresses {
    /** Random bus addresses are below 2 to this power. */
    static final int ADDRESS_BITS = 46;

    private BusAddresses() {
    }

    /**
     * The offsets of the pages themselves: nothing of the host's memory can be told from them, and no packet needs to be
     * translated.
     *
     * @param pages     pages of the region
     * @param pageShift log2 of a page
     * @return the bus address of each page
     */
    static long[] offsets(int pages, int pageShift) {
        long[] addresses = new long[pages];
        for (int page = 0; page < pages; page++) {
            addresses[page] = (long) page << pageShift;
        }
        return addresses;
    }

    /**
     * Pages in random order from a random place: for tests, since only code that uses the table survives it.
     *
     * @param pages     pages of the region
     * @param pageShift log2 of a page
     * @param random    where place and order come from
     * @return the bus address of each page: page-aligned, above zero, the end below 2^46
     */
    static long[] shuffled(int pages, int pageShift, RandomGenerator random) {
        long first = random.nextLong(1, (1L << (ADDRESS_BITS - pageShift)) - pages + 1);
        long[] addresses = new long[pages];
        for (int page = 0; page < pages; page++) {
            addresses[page] = (first + page) << pageShift;
        }
        for (int left = pages - 1; left > 0; left--) {
            int other = random.nextInt(left + 1);
            long moved = addresses[left];
            addresses[left] = addresses[other];
            addresses[other] = moved;
        }
        return addresses;
    }
}
