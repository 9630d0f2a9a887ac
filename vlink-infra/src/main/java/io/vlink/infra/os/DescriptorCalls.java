// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;

/**
 * System calls on descriptors of any kind. Each method is the C function of its name and returns that function's result, or
 * the negative errno; nothing is retried here. May be called from any thread.
 */
final class DescriptorCalls {
    private static final NativeFunction READ = NativeFunction.withErrno("read",
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final NativeFunction WRITE = NativeFunction.withErrno("write",
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final NativeFunction FCNTL = NativeFunction.variadicWithErrno("fcntl",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT), 2);
    private static final NativeFunction EVENTFD = NativeFunction.withErrno("eventfd",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final NativeFunction POLL = NativeFunction.withErrno("poll",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

    private DescriptorCalls() {
    }

    /** {@code read(2)}. */
    static long read(int fd, MemorySegment buffer, long bytes) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((long) READ.handle().invokeExact(state, fd, buffer, bytes), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code write(2)}. */
    static long write(int fd, MemorySegment buffer, long bytes) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((long) WRITE.handle().invokeExact(state, fd, buffer, bytes), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code fcntl(2)} for the commands that take one int or nothing. */
    static int fcntl(int fd, int command, int argument) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) FCNTL.handle().invokeExact(state, fd, command, argument), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code eventfd(2)}. */
    static int eventfd(int initial, int flags) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) EVENTFD.handle().invokeExact(state, initial, flags), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code poll(2)}; {@code pollfds} is an array of {@link NativeLayouts#POLLFD}. */
    static int poll(MemorySegment pollfds, long count, int timeoutMillis) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) POLL.handle().invokeExact(state, pollfds, count, timeoutMillis), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }
}
