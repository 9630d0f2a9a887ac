// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.region;

import io.vlink.infra.os.Errno;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.HugePages;
import io.vlink.infra.os.Mapping;
import io.vlink.infra.os.OrdinaryMemory;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.PageSize;
import io.vlink.infra.os.Protection;
import io.vlink.infra.os.SharedMemory;
import io.vlink.spec.pci.Limits;
import java.util.function.ToLongFunction;

/**
 * The packet memory of a trust group: one sealed, completely allocated memfd, whose size is a power of two because it becomes
 * a BAR. Any thread may use it; mappings and descriptors elsewhere outlive it.
 */
public final class PacketRegion implements AutoCloseable {
    private static final String DEFAULT_NAME = "vlink-region";

    private final SharedMemory memory;

    private PacketRegion(SharedMemory memory) {
        this.memory = memory;
    }

    /**
     * A new, zeroed region; see {@link #create(String, long, PageSizeChoice)}.
     *
     * @throws IllegalArgumentException if the size is no power of two in the limits, or smaller than the chosen page
     * @throws RegionException if pages are short
     */
    public static PacketRegion create(long bytes, PageSizeChoice choice) {
        return create(DEFAULT_NAME, bytes, choice);
    }

    /**
     * A new, zeroed region.
     *
     * @param name shows in {@code /proc/PID/maps}
     * @param bytes a power of two from {@link Limits#MIN_REGION_BYTES} to {@link Limits#MAX_REGION_BYTES}
     * @param choice what it is made of
     * @throws IllegalArgumentException if the size is no power of two in the limits, or smaller than the chosen page
     * @throws RegionException if pages are short; the message has the number missing and the command that mends it
     * @throws OsException if the kernel refuses for another reason
     */
    public static PacketRegion create(String name, long bytes, PageSizeChoice choice) {
        checkBytes(bytes);
        return switch (choice) {
            case AUTO -> createFromAnyPool(name, bytes);
            case HUGE_1G -> createHuge(name, bytes, PageSize.HUGE_1G);
            case HUGE_2M -> createHuge(name, bytes, PageSize.HUGE_2M);
            case ORDINARY -> createOrdinary(name, bytes);
        };
    }

    /**
     * The region behind a descriptor that another process created; takes the descriptor over, and closes it if a check fails.
     *
     * @throws IllegalArgumentException if it is not sealed, or its size is no power of two in the limits
     * @throws OsException if the descriptor cannot be asked
     */
    public static PacketRegion adopt(Fd fd) {
        SharedMemory memory = SharedMemory.adopt(fd);
        try {
            checkBytes(memory.bytes());
            return new PacketRegion(memory);
        } catch (IllegalArgumentException wrongSize) {
            memory.close();
            throw wrongSize;
        }
    }

    /** Size in bytes, a power of two. */
    public long bytes() {
        return memory.bytes();
    }

    /** Size of the pages that it is made of. */
    public PageSize pageSize() {
        return memory.pageSize();
    }

    /** Log2 of the bytes of one row of its translation table: 30 for pages of 1 GiB, 21 for all others. */
    public int pageShift() {
        return pageSize() == PageSize.HUGE_1G ? Limits.MAX_PAGE_SHIFT : Limits.MIN_PAGE_SHIFT;
    }

    /** The number of rows of its translation table. */
    public int pageCount() {
        return Math.toIntExact(bytes() >> pageShift());
    }

    /** The descriptor, to be passed on or duplicated; it belongs to this region. */
    public Fd fd() {
        return memory.fd();
    }

    /**
     * A new mapping of all of it, readable and writable, which the caller closes.
     *
     * @throws OsException if the kernel refuses
     */
    public Mapping map() {
        return memory.map(Protection.READ_WRITE);
    }

    /** Gives this process's hold on the memory back; mappings, and descriptors elsewhere, keep it alive. */
    @Override
    public void close() {
        memory.close();
    }

    /** The message about missing hugepages, with the pool as it is now. */
    static String shortage(long bytes, PageSize size, ToLongFunction<PageSize> free, ToLongFunction<PageSize> total) {
        long need = bytes / size.bytes();
        long missing = need - free.applyAsLong(size);
        String numbers = "need=" + need + " free=" + free.applyAsLong(size) + " page="
                + MemorySize.format(size.bytes());
        if (missing <= 0) {
            return "hugepages refused: " + numbers
                    + ": raise hugetlb limits of this process's control group, let its cpuset"
                    + " use all memory nodes, or start with --no-huge";
        }
        return "hugepages short: " + numbers + ": run \"echo " + (total.applyAsLong(size) + missing) + " > "
                + HugePages.control(size)
                + "\" as root, or start with --no-huge";
    }

    private static PacketRegion createFromAnyPool(String name, long bytes) {
        long need = bytes / PageSize.HUGE_1G.bytes();
        if (need > 0 && HugePages.free(PageSize.HUGE_1G) >= need) {
            try {
                return createHuge(name, bytes, PageSize.HUGE_1G);
            } catch (RegionException takenMeanwhile) {
                return createHuge(name, bytes, PageSize.HUGE_2M);
            }
        }
        return createHuge(name, bytes, PageSize.HUGE_2M);
    }

    private static PacketRegion createHuge(String name, long bytes, PageSize size) {
        String page = MemorySize.format(size.bytes());
        if (bytes < size.bytes()) {
            throw new IllegalArgumentException(
                    "a region must not be smaller than its pages: memory=" + MemorySize.format(bytes)
                            + " page-size=" + page + ": use --page-size 2M");
        }
        if (!HugePages.isSupported(size)) {
            throw new RegionException("hugepages absent: page=" + page
                    + ": this kernel or processor has no such pages: choose another --page-size, or start with --no-huge",
                    null);
        }
        if (HugePages.free(size) < bytes / size.bytes()) {
            throw new RegionException(shortage(bytes, size, HugePages::free, HugePages::total), null);
        }
        try {
            return new PacketRegion(SharedMemory.create(name, bytes, size));
        } catch (OsException failure) {
            if (isShortage(failure)) {
                throw new RegionException(shortage(bytes, size, HugePages::free, HugePages::total), failure);
            }
            throw failure;
        }
    }

    private static PacketRegion createOrdinary(String name, long bytes) {
        try {
            return new PacketRegion(SharedMemory.create(name, bytes, PageSize.ORDINARY));
        } catch (OsException failure) {
            if (isShortage(failure)) {
                throw new RegionException("memory short: need=" + MemorySize.format(bytes) + " available="
                        + (OrdinaryMemory.availableBytes() >> 20) + "M: free some, or ask for less with --memory",
                        failure);
            }
            throw failure;
        }
    }

    private static boolean isShortage(OsException failure) {
        return failure.errno() == Errno.ENOSPC || failure.errno() == Errno.ENOMEM;
    }

    private static void checkBytes(long bytes) {
        if (bytes < Limits.MIN_REGION_BYTES || bytes > Limits.MAX_REGION_BYTES || Long.bitCount(bytes) != 1) {
            throw new IllegalArgumentException("a region must be a power of two from "
                    + MemorySize.format(Limits.MIN_REGION_BYTES) + " to " + MemorySize.format(Limits.MAX_REGION_BYTES)
                    + ": memory=" + MemorySize.format(bytes) + ": use --memory "
                    + MemorySize.format(nextGoodSize(bytes)));
        }
    }

    private static long nextGoodSize(long bytes) {
        if (bytes >= Limits.MAX_REGION_BYTES) {
            return Limits.MAX_REGION_BYTES;
        }
        return Math.max(Limits.MIN_REGION_BYTES, Long.highestOneBit(Math.max(1, bytes)) << 1);
    }
}
