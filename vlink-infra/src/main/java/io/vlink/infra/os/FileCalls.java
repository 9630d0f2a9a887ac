// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static io.vlink.infra.os.NativeFunction.number;

import java.lang.foreign.MemorySegment;

/**
 * System calls on files: all that a program needs which opens a device and maps it. Each method is the C function of its name
 * and returns that function's result, or the negative errno; nothing is retried here. May be called from any thread.
 */
final class FileCalls {
    private static final NativeFunction OPEN = new NativeFunction("open");
    private static final NativeFunction CLOSE = new NativeFunction("close");
    private static final NativeFunction PREAD = new NativeFunction("pread");
    private static final NativeFunction PWRITE = new NativeFunction("pwrite");
    private static final NativeFunction FLOCK = new NativeFunction("flock");

    private FileCalls() {
    }

    /** {@code open(2)}. */
    static int open(MemorySegment path, int flags, int mode) {
        return OPEN.intResult(path, number(flags), number(mode));
    }

    /** {@code close(2)}; Linux frees the number whatever it returns, so it must never be repeated. */
    static int close(int fd) {
        return CLOSE.intResult(number(fd));
    }

    /** {@code pread(2)}. */
    static long pread(int fd, MemorySegment buffer, long bytes, long offset) {
        return PREAD.longResult(number(fd), buffer, number(bytes), number(offset));
    }

    /** {@code pwrite(2)}. */
    static long pwrite(int fd, MemorySegment buffer, long bytes, long offset) {
        return PWRITE.longResult(number(fd), buffer, number(bytes), number(offset));
    }

    /** {@code flock(2)}. */
    static int flock(int fd, int operation) {
        return FLOCK.intResult(number(fd), number(operation));
    }
}
