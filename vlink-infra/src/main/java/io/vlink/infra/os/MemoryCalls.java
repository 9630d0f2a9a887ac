// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;

/**
 * System calls on the address space. Each method is the C function of its name and returns that function's result (an
 * address as a number), or the negative errno. May be called from any thread.
 */
final class MemoryCalls {
    private static final NativeFunction MMAP = NativeFunction.withErrno("mmap",
            FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final NativeFunction MUNMAP = NativeFunction.withErrno("munmap",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
    private static final long MAP_FAILED = -1;

    private MemoryCalls() {
    }

    /** {@code mmap(2)}; an address of user space is never negative. */
    static long mmap(MemorySegment address, long bytes, int protection, int flags, int fd, long offset) {
        MemorySegment state = NativeCall.state();
        try {
            MemorySegment mapped = (MemorySegment) MMAP.handle().invokeExact(state, address, bytes, protection, flags,
                    fd,
                    offset);
            return mapped.address() == MAP_FAILED ? NativeCall.failure(state) : mapped.address();
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code munmap(2)}. */
    static int munmap(MemorySegment address, long bytes) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) MUNMAP.handle().invokeExact(state, address, bytes), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }
}
