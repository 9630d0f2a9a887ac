// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;

/** Waiting for one descriptor. Source: {@code poll(2)}. */
final class Poll {
    /** There is something to read, or the stream has ended. */
    static final short POLLIN = 1;
    /** Nothing is asked for: what is told in any case, a hang-up or an error. */
    static final short ONLY_HANG_UP = 0;
    private static final VarHandle FD = field("fd");
    private static final VarHandle EVENTS = field("events");

    private Poll() {
    }

    /**
     * Whether one of the events, a hang-up or an error is there before the time is over; a negative time is unlimited. No
     * events at all waits for a hang-up or an error.
     */
    static boolean await(int fd, short events, long timeoutMillis) {
        long startNanos = System.nanoTime();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pollfd = arena.allocate(NativeLayouts.POLLFD);
            FD.set(pollfd, 0L, fd);
            EVENTS.set(pollfd, 0L, events);
            while (true) {
                long left = timeoutMillis < 0
                        ? -1
                        : Math.max(0, timeoutMillis - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos));
                int result = DescriptorCalls.poll(pollfd, 1, (int) Math.min(left, Integer.MAX_VALUE));
                if (result != -Errno.EINTR) {
                    return OsException.checked("poll", result, "fd=" + fd) > 0;
                }
            }
        }
    }

    private static VarHandle field(String name) {
        return NativeLayouts.POLLFD.varHandle(MemoryLayout.PathElement.groupElement(name)).withInvokeExactBehavior();
    }
}
