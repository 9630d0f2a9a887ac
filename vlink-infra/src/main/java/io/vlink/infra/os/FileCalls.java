// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;

/**
 * System calls on files: all that a program needs which opens a device and maps it. Each method is the C function of its name
 * and returns that function's result, or the negative errno; nothing is retried here. May be called from any thread.
 */
final class FileCalls {
    private static final NativeFunction OPEN = NativeFunction.variadicWithErrno("open",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT), 2);
    private static final NativeFunction CLOSE = NativeFunction.withErrno("close",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final NativeFunction PREAD = NativeFunction.withErrno("pread",
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
    private static final NativeFunction PWRITE = NativeFunction.withErrno("pwrite",
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
    private static final NativeFunction FLOCK = NativeFunction.withErrno("flock",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

    private FileCalls() {
    }

    /** {@code open(2)}. */
    static int open(MemorySegment path, int flags, int mode) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) OPEN.handle().invokeExact(state, path, flags, mode), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code close(2)}; Linux frees the number whatever it returns, so it must never be repeated. */
    static int close(int fd) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) CLOSE.handle().invokeExact(state, fd), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code pread(2)}. */
    static long pread(int fd, MemorySegment buffer, long bytes, long offset) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((long) PREAD.handle().invokeExact(state, fd, buffer, bytes, offset), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code pwrite(2)}. */
    static long pwrite(int fd, MemorySegment buffer, long bytes, long offset) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((long) PWRITE.handle().invokeExact(state, fd, buffer, bytes, offset), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code flock(2)}. */
    static int flock(int fd, int operation) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) FLOCK.handle().invokeExact(state, fd, operation), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }
}
