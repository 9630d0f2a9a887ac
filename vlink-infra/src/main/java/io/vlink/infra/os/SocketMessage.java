// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/** One {@code msghdr} with its data and its descriptors, as {@code sendmsg(2)} and {@code recvmsg(2)} want it. For one call. */
final class SocketMessage {
    /** The kernel's SCM_MAX_FD. */
    static final int MAX_FDS = 253;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_CTRUNC = 0x8;
    private static final long CMSG_HEADER_BYTES = NativeLayouts.CMSGHDR.byteSize();
    private static final VarHandle MSG_IOV = field(NativeLayouts.MSGHDR, "msg_iov");
    private static final VarHandle MSG_IOVLEN = field(NativeLayouts.MSGHDR, "msg_iovlen");
    private static final VarHandle MSG_CONTROL = field(NativeLayouts.MSGHDR, "msg_control");
    private static final VarHandle MSG_CONTROLLEN = field(NativeLayouts.MSGHDR, "msg_controllen");
    private static final VarHandle MSG_FLAGS = field(NativeLayouts.MSGHDR, "msg_flags");
    private static final VarHandle IOV_BASE = field(NativeLayouts.IOVEC, "iov_base");
    private static final VarHandle IOV_LEN = field(NativeLayouts.IOVEC, "iov_len");
    private static final VarHandle CMSG_LEN = field(NativeLayouts.CMSGHDR, "cmsg_len");
    private static final VarHandle CMSG_LEVEL = field(NativeLayouts.CMSGHDR, "cmsg_level");
    private static final VarHandle CMSG_TYPE = field(NativeLayouts.CMSGHDR, "cmsg_type");

    private final MemorySegment header;
    private final MemorySegment data;
    private final MemorySegment control;

    private SocketMessage(Arena arena, long dataBytes, int fds) {
        header = arena.allocate(NativeLayouts.MSGHDR);
        data = arena.allocate(dataBytes);
        // Exactly CMSG_LEN, not CMSG_SPACE: the padding of the latter would let one more descriptor in than asked for.
        control = fds == 0 ? MemorySegment.NULL : arena.allocate(CMSG_HEADER_BYTES + 4L * fds, CMSG_HEADER_BYTES);
        MemorySegment vector = arena.allocate(NativeLayouts.IOVEC);
        IOV_BASE.set(vector, 0L, data);
        IOV_LEN.set(vector, 0L, dataBytes);
        MSG_IOV.set(header, 0L, vector);
        MSG_IOVLEN.set(header, 0L, 1L);
        MSG_CONTROL.set(header, 0L, control);
        MSG_CONTROLLEN.set(header, 0L, control.byteSize());
    }

    /** A message that carries these bytes and these descriptor numbers. */
    static SocketMessage toSend(Arena arena, byte[] bytes, int offset, int length, int[] fds) {
        SocketMessage message = new SocketMessage(arena, length, fds.length);
        MemorySegment.copy(bytes, offset, message.data, JAVA_BYTE, 0, length);
        if (fds.length > 0) {
            CMSG_LEN.set(message.control, 0L, CMSG_HEADER_BYTES + 4L * fds.length);
            CMSG_LEVEL.set(message.control, 0L, SOL_SOCKET);
            CMSG_TYPE.set(message.control, 0L, SCM_RIGHTS);
            MemorySegment.copy(fds, 0, message.control, JAVA_INT, CMSG_HEADER_BYTES, fds.length);
        }
        return message;
    }

    /** An empty message with room for that many bytes and descriptors. */
    static SocketMessage toReceive(Arena arena, int length, int maxFds) {
        return new SocketMessage(arena, length, maxFds);
    }

    /** The {@code msghdr}. */
    MemorySegment header() {
        return header;
    }

    /** Copies received bytes out. */
    void copyTo(byte[] bytes, int offset, int length) {
        MemorySegment.copy(data, JAVA_BYTE, 0, bytes, offset, length);
    }

    /** Whether the kernel had to drop descriptors: more came than there was room for, or the process may open no more. */
    boolean droppedFds() {
        return ((int) MSG_FLAGS.get(header, 0L) & MSG_CTRUNC) != 0;
    }

    /** The descriptors that came with a received message, which the caller owns from now on. */
    List<Fd> takeFds() {
        List<Fd> fds = new ArrayList<>();
        long bytes = Math.min((long) MSG_CONTROLLEN.get(header, 0L), control.byteSize());
        for (long at = 0; at + CMSG_HEADER_BYTES <= bytes;) {
            long length = (long) CMSG_LEN.get(control, at);
            if (length < CMSG_HEADER_BYTES) {
                break;
            }
            long end = Math.min(at + length, bytes);
            if ((int) CMSG_LEVEL.get(control, at) == SOL_SOCKET && (int) CMSG_TYPE.get(control, at) == SCM_RIGHTS) {
                for (long fd = at + CMSG_HEADER_BYTES; fd + 4 <= end; fd += 4) {
                    fds.add(Fd.own(control.get(JAVA_INT, fd)));
                }
            }
            at += length + 7 & ~7L;
        }
        return fds;
    }

    private static VarHandle field(StructLayout struct, String name) {
        return struct.varHandle(MemoryLayout.PathElement.groupElement(name)).withInvokeExactBehavior();
    }
}
