// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.infra.os.PageSize;
import io.vlink.infra.region.MemorySize;
import io.vlink.infra.region.PageSizeChoice;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * How regions are made.
 *
 * @param bytes      of each region, a power of two
 * @param pages      kind of memory
 * @param limitBytes of all regions together; {@link #NO_LIMIT} for what the machine has
 * @param addressing how bus addresses are chosen
 */
public record RegionSettings(long bytes, PageSizeChoice pages, long limitBytes, Addressing addressing) {
    /** No limit of our own. */
    public static final long NO_LIMIT = Long.MAX_VALUE;

    /** How bus addresses are chosen. */
    public enum Addressing {
        /** Offsets in the region. */
        OFFSETS,
        /** In random order, from a random place: for tests. */
        RANDOM;

        long[] choose(int pages, int pageShift, long seed) {
            return this == RANDOM
                    ? BusAddresses.shuffled(pages, pageShift, new SplittableRandom(seed))
                    : BusAddresses.offsets(pages, pageShift);
        }
    }

    /** Whether a region is as these settings would make it. */
    boolean fit(Region region) {
        boolean rightPages = switch (pages) {
            case AUTO -> region.pageSize().isHuge();
            case HUGE_1G -> region.pageSize() == PageSize.HUGE_1G;
            case HUGE_2M -> region.pageSize() == PageSize.HUGE_2M;
            case ORDINARY -> region.pageSize() == PageSize.ORDINARY;
        };
        return rightPages && region.bytes() == bytes && region.addressing() == addressing;
    }

    /** {@return what these settings ask of a region, in the words of the command line} */
    String asked() {
        return words(bytes, pages.name(), addressing);
    }

    /** {@return what a region is, in the same words} */
    static String describe(Region region) {
        return words(region.bytes(), region.pageSize().name(), region.addressing());
    }

    private static String words(long bytes, String pages, Addressing addressing) {
        return "memory=" + MemorySize.format(bytes) + " pages=" + pages.toLowerCase(Locale.ROOT) + " bus-addresses="
                + addressing.name().toLowerCase(Locale.ROOT);
    }

    /**
     * Checks the limit; the region itself checks the rest.
     *
     * @throws IllegalArgumentException if the limit does not allow one region
     */
    public RegionSettings {
        if (limitBytes < bytes) {
            throw new IllegalArgumentException("memory-limit must be at least memory, as one region is always reserved:"
                    + " memory-limit=" + MemorySize.format(limitBytes) + " memory=" + MemorySize.format(bytes)
                    + ": raise the limit, or lower --memory");
        }
    }
}
