// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static io.vlink.infra.os.NativeFunction.number;

import java.lang.foreign.MemorySegment;

/**
 * System calls on files in memory. Each method is the C function of its name and returns that function's result, or the
 * negative errno; nothing is retried here. May be called from any thread.
 */
final class MemoryFileCalls {
    private static final NativeFunction FTRUNCATE = new NativeFunction("ftruncate");
    private static final NativeFunction FALLOCATE = new NativeFunction("fallocate");
    private static final NativeFunction FSTAT = new NativeFunction("fstat");
    private static final NativeFunction MEMFD_CREATE = new NativeFunction("memfd_create");

    private MemoryFileCalls() {
    }

    /** {@code ftruncate(2)}. */
    static int ftruncate(int fd, long bytes) {
        return FTRUNCATE.intResult(number(fd), number(bytes));
    }

    /** {@code fallocate(2)}. */
    static int fallocate(int fd, int mode, long offset, long bytes) {
        return FALLOCATE.intResult(number(fd), number(mode), number(offset), number(bytes));
    }

    /** {@code fstat(2)}; {@code stat} is a {@link NativeLayouts#STAT}. */
    static int fstat(int fd, MemorySegment stat) {
        return FSTAT.intResult(number(fd), stat);
    }

    /** {@code memfd_create(2)}. */
    static int memfdCreate(MemorySegment name, int flags) {
        return MEMFD_CREATE.intResult(name, number(flags));
    }
}
