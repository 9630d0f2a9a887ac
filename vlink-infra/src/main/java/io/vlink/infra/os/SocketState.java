// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What a descriptor of unknown origin is, as far as sockets go. */
public enum SocketState {
    /** A file, memory, an event counter: anything but a socket. */
    NO_SOCKET,
    /** A socket that waits for connections. */
    LISTENING,
    /** A socket whose other end somebody still holds open, or one that was never connected. */
    OPEN,
    /** A socket whose other end is closed, or that was shut down; bytes may still be in it. */
    HUNG_UP;

    private static final int SOL_SOCKET = 1;
    private static final int SO_ACCEPTCONN = 30;

    /**
     * What it is now; reads nothing from it. For any thread. Sources: {@code socket(7)}, SO_ACCEPTCONN; {@code poll(2)},
     * POLLHUP.
     *
     * @param fd any descriptor
     * @return its state
     * @throws OsException           if the kernel refuses
     * @throws IllegalStateException if it is closed
     */
    public static SocketState of(Fd fd) {
        int held = fd.acquire();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment listens = arena.allocate(JAVA_INT);
            MemorySegment bytes = arena.allocateFrom(JAVA_INT, (int) JAVA_INT.byteSize());
            int result = SocketCalls.getsockopt(held, SOL_SOCKET, SO_ACCEPTCONN, listens, bytes);
            if (result == -Errno.ENOTSOCK) {
                return NO_SOCKET;
            }
            OsException.checked("getsockopt(SO_ACCEPTCONN)", result, "fd=" + held);
            if (listens.get(JAVA_INT, 0) != 0) {
                return LISTENING;
            }
            return Poll.await(held, Poll.ONLY_HANG_UP, 0) ? HUNG_UP : OPEN;
        } finally {
            fd.release();
        }
    }
}
