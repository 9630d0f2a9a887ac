// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A path as {@code bind(2)} and {@code connect(2)} want it. */
final class SocketAddress {
    static final short AF_UNIX = 1;
    /** {@code sun_path} without its terminating zero. */
    static final int MAX_PATH_BYTES = 107;
    private static final VarHandle FAMILY = NativeLayouts.SOCKADDR_UN
            .varHandle(MemoryLayout.PathElement.groupElement("sun_family")).withInvokeExactBehavior();
    private static final long PATH_OFFSET = NativeLayouts.SOCKADDR_UN
            .byteOffset(MemoryLayout.PathElement.groupElement("sun_path"));

    private SocketAddress() {
    }

    /**
     * The path that a socket is bound to; null if it has none. Source: {@code getsockname(2)}.
     *
     * @throws OsException if it is not a socket
     */
    static Path of(int socket) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(NativeLayouts.SOCKADDR_UN);
            MemorySegment bytes = arena.allocateFrom(JAVA_INT, (int) address.byteSize());
            OsException.checked("getsockname", SocketCalls.getsockname(socket, address, bytes), "fd=" + socket);
            boolean named = (short) FAMILY.get(address, 0L) == AF_UNIX && bytes.get(JAVA_INT, 0) > PATH_OFFSET
                    && address.get(JAVA_BYTE, PATH_OFFSET) != 0;
            return named ? Path.of(address.getString(PATH_OFFSET)) : null;
        }
    }

    /** A {@code sockaddr_un} of that path. */
    static MemorySegment of(Path path, Arena arena) {
        byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
        if (name.length == 0 || name.length > MAX_PATH_BYTES) {
            throw new IllegalArgumentException(
                    "a socket path has 1 to " + MAX_PATH_BYTES + " bytes: bytes=" + name.length
                            + " path=" + path + ": use a shorter --run-dir");
        }
        MemorySegment address = arena.allocate(NativeLayouts.SOCKADDR_UN);
        FAMILY.set(address, 0L, AF_UNIX);
        MemorySegment.copy(name, 0, address, JAVA_BYTE, PATH_OFFSET, name.length);
        return address;
    }
}
