// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.infra.os.Fd;
import io.vlink.infra.os.Mapping;
import io.vlink.infra.os.PageSize;
import io.vlink.infra.region.PacketRegion;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;

/**
 * A packet region with its bus addresses, and which parts of it are links' pools. Memory and addresses never change; the
 * extents are guarded by the lock of the {@link Inventory} that allocates.
 */
public final class Region implements AutoCloseable {
    private final String id;
    private final RegionSettings.Addressing addressing;
    private final long seed;
    private final PacketRegion memory;
    private final Mapping mapping;
    private final long[] busAddresses;
    private final ExtentAllocator extents;

    /**
     * Makes a region; blocks until every page is there.
     *
     * @param settings size, pages and bus addresses
     * @throws io.vlink.infra.region.RegionException if memory is short
     */
    Region(RegionSettings settings) {
        this(Keeping.newId(), settings.addressing(), new SecureRandom().nextLong(),
                PacketRegion.create(settings.bytes(), settings.pages()));
    }

    private Region(String id, RegionSettings.Addressing addressing, long seed, PacketRegion memory) {
        this.id = id;
        this.addressing = addressing;
        this.seed = seed;
        this.memory = memory;
        try {
            mapping = memory.map();
        } catch (RuntimeException e) {
            memory.close();
            throw e;
        }
        busAddresses = addressing.choose(memory.pageCount(), memory.pageShift(), seed);
        extents = new ExtentAllocator(memory.bytes());
    }

    /**
     * Goes on with a region that the last agent made; what is in it stays.
     *
     * @param kept what is known of it
     * @param fd   the memory; closed if a check fails
     * @return the region, without extents
     * @throws IllegalArgumentException if it is no region
     */
    static Region adopt(KeptState.OfRegion kept, Fd fd) {
        return new Region(kept.id(), kept.addressing(), kept.seed(), PacketRegion.adopt(fd));
    }

    /** {@return its name among kept regions} */
    String id() {
        return id;
    }

    /** {@return how its bus addresses were chosen} */
    RegionSettings.Addressing addressing() {
        return addressing;
    }

    /** {@return from what random bus addresses come} */
    long seed() {
        return seed;
    }

    /** {@return the size in bytes, a power of two} */
    public long bytes() {
        return memory.bytes();
    }

    /** {@return the operating system's pages below it} */
    public PageSize pageSize() {
        return memory.pageSize();
    }

    /** {@return log2 of a page of the translation table} */
    public int pageShift() {
        return memory.pageShift();
    }

    /** {@return rows of the translation table} */
    public int pageCount() {
        return busAddresses.length;
    }

    /**
     * A row of the translation table.
     *
     * @param page from 0
     * @return the page's bus address
     */
    public long busAddress(int page) {
        return busAddresses[page];
    }

    /** {@return the descriptor to pass on; stays the region's} */
    public Fd fd() {
        return memory.fd();
    }

    /** {@return all of it, mapped until the region is closed} */
    public MemorySegment segment() {
        return mapping.segment();
    }

    /** {@return who has which part} */
    ExtentAllocator extents() {
        return extents;
    }

    @Override
    public void close() {
        mapping.close();
        memory.close();
    }
}
