// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import java.util.random.RandomGenerator;

/**
 * Chooses the bus addresses of a region's pages. They are names, not places: random, so that nothing of the host's memory
 * layout shows, and so that code which forgets to translate fails at once.
 */
final class BusAddresses {
    /** All bus addresses are below 2 to this power. */
    static final int ADDRESS_BITS = 46;

    private BusAddresses() {
    }

    /**
     * Pages one after another from a random place.
     *
     * @param pages     pages of the region
     * @param pageShift log2 of a page
     * @param random    where the place comes from
     * @return the bus address of each page: page-aligned, above zero, the end below 2^46
     */
    static long[] contiguous(int pages, int pageShift, RandomGenerator random) {
        long places = 1L << (ADDRESS_BITS - pageShift);
        long first = random.nextLong(1, places - pages + 1);
        long[] addresses = new long[pages];
        for (int page = 0; page < pages; page++) {
            addresses[page] = (first + page) << pageShift;
        }
        return addresses;
    }

    /**
     * The same pages in random order: for tests, since only code that uses the table survives it.
     *
     * @param pages     pages of the region
     * @param pageShift log2 of a page
     * @param random    where place and order come from
     * @return the bus address of each page
     */
    static long[] shuffled(int pages, int pageShift, RandomGenerator random) {
        long[] addresses = contiguous(pages, pageShift, random);
        for (int left = pages - 1; left > 0; left--) {
            int other = random.nextInt(left + 1);
            long moved = addresses[left];
            addresses[left] = addresses[other];
            addresses[other] = moved;
        }
        return addresses;
    }
}
