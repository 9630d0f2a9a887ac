// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A piece of a file or device in this process's address space, shared with everybody who maps it. Any thread may use the
 * segment; the owner closes the mapping once, and every access after that throws {@link IllegalStateException} instead of
 * touching memory that is gone. The descriptor may be closed right after mapping.
 */
public final class Mapping implements AutoCloseable {
    private static final int MAP_SHARED = 0x01;
    private static final int MAP_POPULATE = 0x8000;

    private final Arena arena;
    private final MemorySegment segment;
    private boolean closed;

    private Mapping(Arena arena, MemorySegment segment) {
        this.arena = arena;
        this.segment = segment;
    }

    /**
     * Maps {@code bytes} bytes from {@code offset} on, and fills in the page table at once, so that the first access of a
     * burst pays nothing. Source: {@code mmap(2)}, MAP_SHARED and MAP_POPULATE.
     *
     * @throws IllegalArgumentException if bytes is not positive or the offset is negative
     * @throws OsException if the kernel refuses: EACCES for a protection that the descriptor does not allow, EINVAL for an
     *         offset or a size that is not a multiple of the page size, ENOMEM
     */
    public static Mapping of(Fd fd, long offset, long bytes, Protection protection) {
        if (bytes <= 0 || offset < 0) {
            throw new IllegalArgumentException(
                    "a mapping needs a positive size and an offset from 0 on: bytes=" + bytes + " offset=" + offset);
        }
        long address;
        int held = fd.acquire();
        try {
            address = MemoryCalls.mmap(MemorySegment.NULL, bytes, protection.bits(), MAP_SHARED | MAP_POPULATE, held,
                    offset);
        } finally {
            fd.release();
        }
        if (address < 0) {
            throw new OsException("mmap", (int) -address,
                    "bytes=" + bytes + " offset=" + offset + " protection=" + protection + " fd=" + held,
                    hint((int) -address));
        }
        return mapped(address, bytes, protection);
    }

    /** The mapped bytes, of exactly the size asked for; read-only if the mapping is. */
    public MemorySegment segment() {
        return segment;
    }

    /**
     * Unmaps, exactly once; further calls do nothing. Source: {@code munmap(2)}.
     *
     * @throws IllegalStateException if a system call is using the segment at this moment; then it stays mapped
     */
    @Override
    public synchronized void close() {
        if (!closed) {
            arena.close();
            closed = true;
        }
    }

    private static Mapping mapped(long address, long bytes, Protection protection) {
        boolean owned = false;
        try {
            Arena arena = Arena.ofShared();
            // The arena unmaps: it runs this once, and only after no thread can reach the segment any more.
            MemorySegment segment = MemorySegment.ofAddress(address).reinterpret(bytes, arena,
                    gone -> unmap(address, bytes));
            owned = true;
            return new Mapping(arena, protection == Protection.READ_ONLY ? segment.asReadOnly() : segment);
        } finally {
            if (!owned) {
                unmap(address, bytes);
            }
        }
    }

    private static void unmap(long address, long bytes) {
        OsException.checked("munmap", MemoryCalls.munmap(MemorySegment.ofAddress(address), bytes), "bytes=" + bytes);
    }

    private static String hint(int errno) {
        return switch (errno) {
            case Errno.EACCES -> "the descriptor is not open for that";
            case Errno.EINVAL -> "offset and size must be multiples of the memory's page size";
            case Errno.ENODEV -> "this file cannot be mapped";
            case Errno.ENOMEM -> "address space or memory is short: see \"ulimit -v\" and vm.max_map_count";
            default -> "";
        };
    }
}
