// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * System calls on files and descriptors. Each method is the C function of its name and returns that function's result, or
 * the negative errno; nothing is retried here. May be called from any thread.
 */
final class FileCalls {
    private static final MethodHandle OPEN = NativeCall.variadicWithErrno("open",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT), 2);
    private static final MethodHandle CLOSE = NativeCall.withErrno("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle READ = NativeCall.withErrno("read",
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle WRITE = NativeCall.withErrno("write",
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle PREAD = NativeCall.withErrno("pread",
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle PWRITE = NativeCall.withErrno("pwrite",
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle FCNTL = NativeCall.variadicWithErrno("fcntl",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT), 2);
    private static final MethodHandle FTRUNCATE = NativeCall.withErrno("ftruncate",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle FALLOCATE = NativeCall.withErrno("fallocate",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle FSTAT = NativeCall.withErrno("fstat",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle MEMFD_CREATE = NativeCall.withErrno("memfd_create",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle EVENTFD = NativeCall.withErrno("eventfd",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle FLOCK = NativeCall.withErrno("flock",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle POLL = NativeCall.withErrno("poll",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

    private FileCalls() {
    }

    /** {@code open(2)}. */
    static int open(MemorySegment path, int flags, int mode) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) OPEN.invokeExact(state, path, flags, mode), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code close(2)}; Linux frees the number whatever it returns, so it must never be repeated. */
    static int close(int fd) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) CLOSE.invokeExact(state, fd), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code read(2)}. */
    static long read(int fd, MemorySegment buffer, long bytes) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((long) READ.invokeExact(state, fd, buffer, bytes), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code write(2)}. */
    static long write(int fd, MemorySegment buffer, long bytes) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((long) WRITE.invokeExact(state, fd, buffer, bytes), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code pread(2)}. */
    static long pread(int fd, MemorySegment buffer, long bytes, long offset) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((long) PREAD.invokeExact(state, fd, buffer, bytes, offset), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code pwrite(2)}. */
    static long pwrite(int fd, MemorySegment buffer, long bytes, long offset) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((long) PWRITE.invokeExact(state, fd, buffer, bytes, offset), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code fcntl(2)} for the commands that take one int or nothing. */
    static int fcntl(int fd, int command, int argument) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) FCNTL.invokeExact(state, fd, command, argument), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code ftruncate(2)}. */
    static int ftruncate(int fd, long bytes) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) FTRUNCATE.invokeExact(state, fd, bytes), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code fallocate(2)}. */
    static int fallocate(int fd, int mode, long offset, long bytes) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) FALLOCATE.invokeExact(state, fd, mode, offset, bytes), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code fstat(2)}; {@code stat} is a {@link NativeLayouts#STAT}. */
    static int fstat(int fd, MemorySegment stat) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) FSTAT.invokeExact(state, fd, stat), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code memfd_create(2)}. */
    static int memfdCreate(MemorySegment name, int flags) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) MEMFD_CREATE.invokeExact(state, name, flags), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code eventfd(2)}. */
    static int eventfd(int initial, int flags) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) EVENTFD.invokeExact(state, initial, flags), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code flock(2)}. */
    static int flock(int fd, int operation) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) FLOCK.invokeExact(state, fd, operation), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code poll(2)}; {@code pollfds} is an array of {@link NativeLayouts#POLLFD}. */
    static int poll(MemorySegment pollfds, long count, int timeoutMillis) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) POLL.invokeExact(state, pollfds, count, timeoutMillis), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }
}
