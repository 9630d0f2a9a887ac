// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.infra.os.Fd;
import io.vlink.infra.os.Mapping;
import io.vlink.infra.os.PageSize;
import io.vlink.infra.region.PacketRegion;
import java.lang.foreign.MemorySegment;

/**
 * A packet region with its bus addresses, and which parts of it are links' pools. Memory and addresses never change; the
 * extents are guarded by the lock of the {@link Inventory} that allocates.
 */
public final class Region implements AutoCloseable {
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
        memory = PacketRegion.create(settings.bytes(), settings.pages());
        try {
            mapping = memory.map();
        } catch (RuntimeException e) {
            memory.close();
            throw e;
        }
        busAddresses = settings.addressing().choose(memory.pageCount(), memory.pageShift());
        extents = new ExtentAllocator(settings.bytes());
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

    /** Overwrites everything with zeroes, so that the next trust group sees nothing of the last one's frames. */
    void scrub() {
        mapping.segment().fill((byte) 0);
    }

    @Override
    public void close() {
        mapping.close();
        memory.close();
    }
}
