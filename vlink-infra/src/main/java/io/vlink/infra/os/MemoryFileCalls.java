// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;

/**
 * System calls on files in memory. Each method is the C function of its name and returns that function's result, or the
 * negative errno; nothing is retried here. May be called from any thread.
 */
final class MemoryFileCalls {
    private static final NativeFunction FTRUNCATE = NativeFunction.withErrno("ftruncate",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final NativeFunction FALLOCATE = NativeFunction.withErrno("fallocate",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final NativeFunction FSTAT = NativeFunction.withErrno("fstat",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    private static final NativeFunction MEMFD_CREATE = NativeFunction.withErrno("memfd_create",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));

    private MemoryFileCalls() {
    }

    /** {@code ftruncate(2)}. */
    static int ftruncate(int fd, long bytes) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) FTRUNCATE.handle().invokeExact(state, fd, bytes), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code fallocate(2)}. */
    static int fallocate(int fd, int mode, long offset, long bytes) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) FALLOCATE.handle().invokeExact(state, fd, mode, offset, bytes), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code fstat(2)}; {@code stat} is a {@link NativeLayouts#STAT}. */
    static int fstat(int fd, MemorySegment stat) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) FSTAT.handle().invokeExact(state, fd, stat), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code memfd_create(2)}. */
    static int memfdCreate(MemorySegment name, int flags) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) MEMFD_CREATE.handle().invokeExact(state, name, flags), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }
}
