// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static io.vlink.infra.os.NativeFunction.number;

import java.lang.foreign.MemorySegment;

/**
 * System calls on the address space. Each method is the C function of its name and returns that function's result (an
 * address as a number), or the negative errno. May be called from any thread.
 */
final class MemoryCalls {
    private static final NativeFunction MMAP = new NativeFunction("mmap");
    private static final NativeFunction MPROTECT = new NativeFunction("mprotect");
    private static final NativeFunction MUNMAP = new NativeFunction("munmap");

    private MemoryCalls() {
    }

    /** {@code mmap(2)}; an address of user space is never negative, and MAP_FAILED is -1. */
    static long mmap(MemorySegment address, long bytes, int protection, int flags, int fd, long offset) {
        return MMAP.longResult(address, number(bytes), number(protection), number(flags), number(fd), number(offset));
    }

    /** {@code mprotect(2)}. */
    static int mprotect(MemorySegment address, long bytes, int protection) {
        return MPROTECT.intResult(address, number(bytes), number(protection));
    }

    /** {@code munmap(2)}. */
    static int munmap(MemorySegment address, long bytes) {
        return MUNMAP.intResult(address, number(bytes));
    }
}
