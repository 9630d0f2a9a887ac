// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static io.vlink.infra.os.NativeFunction.number;

import java.lang.foreign.MemorySegment;

/**
 * System calls on descriptors of any kind. Each method is the C function of its name and returns that function's result, or
 * the negative errno; nothing is retried here. May be called from any thread.
 */
final class DescriptorCalls {
    private static final NativeFunction READ = new NativeFunction("read");
    private static final NativeFunction WRITE = new NativeFunction("write");
    private static final NativeFunction FCNTL = new NativeFunction("fcntl");
    private static final NativeFunction EVENTFD = new NativeFunction("eventfd");
    private static final NativeFunction POLL = new NativeFunction("poll");

    private DescriptorCalls() {
    }

    /** {@code read(2)}. */
    static long read(int fd, MemorySegment buffer, long bytes) {
        return READ.longResult(number(fd), buffer, number(bytes));
    }

    /** {@code write(2)}. */
    static long write(int fd, MemorySegment buffer, long bytes) {
        return WRITE.longResult(number(fd), buffer, number(bytes));
    }

    /** {@code fcntl(2)} for the commands that take one int or nothing. */
    static int fcntl(int fd, int command, int argument) {
        return FCNTL.intResult(number(fd), number(command), number(argument));
    }

    /** {@code eventfd(2)}. */
    static int eventfd(int initial, int flags) {
        return EVENTFD.intResult(number(initial), number(flags));
    }

    /** {@code poll(2)}; {@code pollfds} is an array of {@link NativeLayouts#POLLFD}. */
    static int poll(MemorySegment pollfds, long count, int timeoutMillis) {
        return POLL.intResult(pollfds, number(count), number(timeoutMillis));
    }
}
