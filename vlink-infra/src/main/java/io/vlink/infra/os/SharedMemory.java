// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Memory without a name in any file system that is passed to other processes as a descriptor: a memfd, completely allocated,
 * and sealed so that nobody can shrink it under a mapping (which would be a SIGBUS). It lives until the last descriptor and
 * the last mapping of any process are gone. Any thread may use it; mappings outlive it.
 */
public final class SharedMemory implements AutoCloseable {
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int MFD_HUGETLB = 4;
    private static final int MFD_HUGE_SHIFT = 26;
    private static final int F_ADD_SEALS = 1033;
    private static final int F_GET_SEALS = 1034;
    private static final int F_SEAL_SEAL = 1;
    private static final int F_SEAL_SHRINK = 2;
    private static final int F_SEAL_GROW = 4;
    private static final int SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW;
    /** What memfd_create(2) leaves of NAME_MAX after its own prefix. */
    private static final int MAX_NAME_BYTES = 249;
    /** Bytes of one allocation step: a signal makes the kernel undo the step it interrupts, not the ones before. */
    private static final long ALLOCATION_STEP = 64L << 20;
    /** One part in so many of the available ordinary memory is left for everybody else. */
    private static final long SPARED_SHARE = 16;
    private static final VarHandle ST_SIZE = stat("st_size");
    private static final VarHandle ST_BLKSIZE = stat("st_blksize");

    private final Fd fd;
    private final long bytes;
    private final PageSize pageSize;

    private SharedMemory(Fd fd, long bytes, PageSize pageSize) {
        this.fd = fd;
        this.bytes = bytes;
        this.pageSize = pageSize;
    }

    /**
     * New shared memory, zeroed, allocated to the last page, and sealed. Sources: {@code memfd_create(2)},
     * {@code fallocate(2)}, {@code fcntl(2)} F_ADD_SEALS.
     *
     * @param name shows in {@code /proc/PID/maps} as {@code /memfd:name}; at most 249 bytes, need not be unique
     * @param bytes a positive multiple of the page size
     * @param pages where the memory comes from
     * @throws IllegalArgumentException for a bad name or size
     * @throws OsException if memory or hugepages are short (ENOSPC, ENOMEM) or the kernel lacks that page size (ENODEV,
     *         EINVAL); nothing is left behind
     */
    public static SharedMemory create(String name, long bytes, PageSize pages) {
        if (bytes <= 0 || bytes % pages.bytes() != 0) {
            throw new IllegalArgumentException(
                    "shared memory must be a positive multiple of its page size: bytes=" + bytes
                            + " page=" + pages.bytes());
        }
        if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES || name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                    "name of shared memory must have at most 249 bytes and no zero: name=" + name);
        }
        String arguments = "name=" + name + " bytes=" + bytes + " page=" + pages.bytes();
        if (!pages.isHuge()) {
            checkAvailable(bytes, arguments);
        }
        Fd fd = memfd(name, pages, arguments);
        try {
            int number = fd.number();
            check("ftruncate", MemoryFileCalls.ftruncate(number, bytes), arguments, pages);
            allocate(number, bytes, arguments, pages);
            check("fcntl(F_ADD_SEALS)", DescriptorCalls.fcntl(number, F_ADD_SEALS, SEALS), arguments, pages);
            return new SharedMemory(fd, bytes, pages);
        } catch (RuntimeException | Error failure) {
            fd.close();
            throw failure;
        }
    }

    /**
     * Shared memory that another process created, after a check that nobody can resize it any more. Takes the descriptor
     * over: it is closed with this object, and at once if a check fails. Sources: {@code fcntl(2)} F_GET_SEALS,
     * {@code fstat(2)}.
     *
     * @throws IllegalArgumentException if the descriptor is not a memfd sealed as {@link #create} seals it, or is empty
     * @throws OsException if the descriptor cannot be asked
     */
    public static SharedMemory adopt(Fd fd) {
        try (Arena arena = Arena.ofConfined()) {
            int seals = DescriptorCalls.fcntl(fd.number(), F_GET_SEALS, 0);
            if (seals < 0 && seals != -Errno.EINVAL) {
                throw new OsException("fcntl(F_GET_SEALS)", -seals, fd.toString(), "");
            }
            if (seals < 0 || (seals & SEALS) != SEALS) {
                throw new IllegalArgumentException("shared memory must be a memfd sealed against shrinking, growing and"
                        + " further seals: seals=" + (seals < 0 ? "none" : Integer.toHexString(seals)));
            }
            MemorySegment stat = arena.allocate(NativeLayouts.STAT);
            OsException.checked("fstat", MemoryFileCalls.fstat(fd.number(), stat), fd.toString());
            long bytes = (long) ST_SIZE.get(stat, 0L);
            if (bytes <= 0) {
                throw new IllegalArgumentException("shared memory must not be empty: bytes=" + bytes);
            }
            return new SharedMemory(fd, bytes, pageSizeOf((int) ST_BLKSIZE.get(stat, 0L)));
        } catch (RuntimeException | Error failure) {
            fd.close();
            throw failure;
        }
    }

    /** The descriptor, to be passed on or duplicated; it belongs to this object. */
    public Fd fd() {
        return fd;
    }

    /** Size in bytes; it cannot change. */
    public long bytes() {
        return bytes;
    }

    /** Size of the pages that it is made of. */
    public PageSize pageSize() {
        return pageSize;
    }

    /**
     * A new mapping of all of it, which the caller closes.
     *
     * @throws OsException if the kernel refuses
     * @throws IllegalStateException if this object is closed
     */
    public Mapping map(Protection protection) {
        return Mapping.of(fd, 0, bytes, protection);
    }

    /** Closes this process's descriptor; mappings, and descriptors elsewhere, keep the memory alive. */
    @Override
    public void close() {
        fd.close();
    }

    private static Fd memfd(String name, PageSize pages, String arguments) {
        int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
        if (pages.isHuge()) {
            flags |= MFD_HUGETLB | Long.numberOfTrailingZeros(pages.bytes()) << MFD_HUGE_SHIFT;
        }
        try (Arena arena = Arena.ofConfined()) {
            int result = MemoryFileCalls.memfdCreate(arena.allocateFrom(name), flags);
            if (result == -Errno.ENODEV || result == -Errno.EINVAL || result == -Errno.ENOENT) {
                throw new OsException("memfd_create", -result, arguments,
                        "this kernel has no pages of " + pages.bytes() + " bytes: see /sys/kernel/mm/hugepages");
            }
            check("memfd_create", result, arguments, pages);
            return Fd.own(result);
        }
    }

    /** Allocates now what would otherwise be allocated at the first access, where a shortage is a SIGBUS. */
    private static void allocate(int number, long bytes, String arguments, PageSize pages) {
        long step = Math.max(ALLOCATION_STEP, pages.bytes());
        for (long offset = 0; offset < bytes; offset += step) {
            int result;
            do {
                result = MemoryFileCalls.fallocate(number, 0, offset, Math.min(step, bytes - offset));
            } while (result == -Errno.EINTR);
            check("fallocate", result, arguments, pages);
        }
    }

    /** Linux answers a request for more ordinary memory than there is by killing some process, not by an error. */
    private static void checkAvailable(long bytes, String arguments) {
        long available = OrdinaryMemory.availableBytes();
        if (bytes > available - available / SPARED_SHARE) {
            throw new OsException("fallocate", Errno.ENOMEM, arguments,
                    "memory is short: available=" + available + ": ask for less, or free some");
        }
    }

    private static void check(String call, int result, String arguments, PageSize pages) {
        if (result == -Errno.ENOSPC || result == -Errno.ENOMEM) {
            throw new OsException(call, -result, arguments, pages.isHuge()
                    ? String.format(Locale.ROOT, "hugepages are short: free=%d total=%d", HugePages.free(pages),
                            HugePages.total(pages))
                    : "memory is short: ask for less, or free some");
        }
        OsException.checked(call, result, arguments);
    }

    private static PageSize pageSizeOf(int blockBytes) {
        for (PageSize size : PageSize.values()) {
            if (size.bytes() == blockBytes) {
                return size;
            }
        }
        return PageSize.ORDINARY;
    }

    private static VarHandle stat(String field) {
        return NativeLayouts.STAT.varHandle(MemoryLayout.PathElement.groupElement(field)).withInvokeExactBehavior();
    }
}
