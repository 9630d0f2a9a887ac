// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static io.vlink.infra.os.NativeFunction.number;

import java.lang.foreign.MemorySegment;

/**
 * System calls on sockets. Each method is the C function of its name and returns that function's result, or the negative
 * errno; nothing is retried here. May be called from any thread.
 */
final class SocketCalls {
    private static final NativeFunction SOCKET = new NativeFunction("socket");
    private static final NativeFunction SOCKETPAIR = new NativeFunction("socketpair");
    private static final NativeFunction BIND = new NativeFunction("bind");
    private static final NativeFunction LISTEN = new NativeFunction("listen");
    private static final NativeFunction ACCEPT4 = new NativeFunction("accept4");
    private static final NativeFunction CONNECT = new NativeFunction("connect");
    private static final NativeFunction SENDMSG = new NativeFunction("sendmsg");
    private static final NativeFunction RECVMSG = new NativeFunction("recvmsg");
    private static final NativeFunction SHUTDOWN = new NativeFunction("shutdown");
    private static final NativeFunction GETSOCKNAME = new NativeFunction("getsockname");
    private static final NativeFunction GETSOCKOPT = new NativeFunction("getsockopt");
    private static final NativeFunction SETSOCKOPT = new NativeFunction("setsockopt");

    private SocketCalls() {
    }

    /** {@code socket(2)}. */
    static int socket(int domain, int type, int protocol) {
        return SOCKET.intResult(number(domain), number(type), number(protocol));
    }

    /** {@code socketpair(2)}; {@code pair} receives two ints. */
    static int socketpair(int domain, int type, int protocol, MemorySegment pair) {
        return SOCKETPAIR.intResult(number(domain), number(type), number(protocol), pair);
    }

    /** {@code bind(2)}. */
    static int bind(int fd, MemorySegment address, int addressBytes) {
        return BIND.intResult(number(fd), address, number(addressBytes));
    }

    /** {@code listen(2)}. */
    static int listen(int fd, int backlog) {
        return LISTEN.intResult(number(fd), number(backlog));
    }

    /** {@code accept4(2)}. */
    static int accept4(int fd, MemorySegment address, MemorySegment addressBytes, int flags) {
        return ACCEPT4.intResult(number(fd), address, addressBytes, number(flags));
    }

    /** {@code connect(2)}. */
    static int connect(int fd, MemorySegment address, int addressBytes) {
        return CONNECT.intResult(number(fd), address, number(addressBytes));
    }

    /** {@code sendmsg(2)}; {@code message} is a {@link NativeLayouts#MSGHDR}. */
    static long sendmsg(int fd, MemorySegment message, int flags) {
        return SENDMSG.longResult(number(fd), message, number(flags));
    }

    /** {@code recvmsg(2)}; {@code message} is a {@link NativeLayouts#MSGHDR}. */
    static long recvmsg(int fd, MemorySegment message, int flags) {
        return RECVMSG.longResult(number(fd), message, number(flags));
    }

    /** {@code shutdown(2)}. */
    static int shutdown(int fd, int how) {
        return SHUTDOWN.intResult(number(fd), number(how));
    }

    /** {@code getsockname(2)}. */
    static int getsockname(int fd, MemorySegment address, MemorySegment addressBytes) {
        return GETSOCKNAME.intResult(number(fd), address, addressBytes);
    }

    /** {@code getsockopt(2)}. */
    static int getsockopt(int fd, int level, int option, MemorySegment value, MemorySegment valueBytes) {
        return GETSOCKOPT.intResult(number(fd), number(level), number(option), value, valueBytes);
    }

    /** {@code setsockopt(2)}. */
    static int setsockopt(int fd, int level, int option, MemorySegment value, int valueBytes) {
        return SETSOCKOPT.intResult(number(fd), number(level), number(option), value, number(valueBytes));
    }
}
