// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;

/**
 * System calls on sockets. Each method is the C function of its name and returns that function's result, or the negative
 * errno; nothing is retried here. May be called from any thread.
 */
final class SocketCalls {
    private static final NativeFunction SOCKET = NativeFunction.withErrno("socket",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final NativeFunction SOCKETPAIR = NativeFunction.withErrno("socketpair",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
    private static final NativeFunction BIND = NativeFunction.withErrno("bind",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final NativeFunction LISTEN = NativeFunction.withErrno("listen",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final NativeFunction ACCEPT4 = NativeFunction.withErrno("accept4",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
    private static final NativeFunction CONNECT = NativeFunction.withErrno("connect",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final NativeFunction SENDMSG = NativeFunction.withErrno("sendmsg",
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
    private static final NativeFunction RECVMSG = NativeFunction.withErrno("recvmsg",
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
    private static final NativeFunction SHUTDOWN = NativeFunction.withErrno("shutdown",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final NativeFunction GETSOCKNAME = NativeFunction.withErrno("getsockname",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final NativeFunction GETSOCKOPT = NativeFunction.withErrno("getsockopt",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final NativeFunction SETSOCKOPT = NativeFunction.withErrno("setsockopt",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));

    private SocketCalls() {
    }

    /** {@code socket(2)}. */
    static int socket(int domain, int type, int protocol) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) SOCKET.handle().invokeExact(state, domain, type, protocol), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code socketpair(2)}; {@code pair} receives two ints. */
    static int socketpair(int domain, int type, int protocol, MemorySegment pair) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) SOCKETPAIR.handle().invokeExact(state, domain, type, protocol, pair), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code bind(2)}. */
    static int bind(int fd, MemorySegment address, int addressBytes) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) BIND.handle().invokeExact(state, fd, address, addressBytes), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code listen(2)}. */
    static int listen(int fd, int backlog) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) LISTEN.handle().invokeExact(state, fd, backlog), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code accept4(2)}. */
    static int accept4(int fd, MemorySegment address, MemorySegment addressBytes, int flags) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) ACCEPT4.handle().invokeExact(state, fd, address, addressBytes, flags),
                    state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code connect(2)}. */
    static int connect(int fd, MemorySegment address, int addressBytes) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) CONNECT.handle().invokeExact(state, fd, address, addressBytes), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code sendmsg(2)}; {@code message} is a {@link NativeLayouts#MSGHDR}. */
    static long sendmsg(int fd, MemorySegment message, int flags) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((long) SENDMSG.handle().invokeExact(state, fd, message, flags), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code recvmsg(2)}; {@code message} is a {@link NativeLayouts#MSGHDR}. */
    static long recvmsg(int fd, MemorySegment message, int flags) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((long) RECVMSG.handle().invokeExact(state, fd, message, flags), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code shutdown(2)}. */
    static int shutdown(int fd, int how) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) SHUTDOWN.handle().invokeExact(state, fd, how), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code getsockname(2)}. */
    static int getsockname(int fd, MemorySegment address, MemorySegment addressBytes) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) GETSOCKNAME.handle().invokeExact(state, fd, address, addressBytes), state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code getsockopt(2)}. */
    static int getsockopt(int fd, int level, int option, MemorySegment value, MemorySegment valueBytes) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) GETSOCKOPT.handle().invokeExact(state, fd, level, option, value, valueBytes),
                    state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code setsockopt(2)}. */
    static int setsockopt(int fd, int level, int option, MemorySegment value, int valueBytes) {
        MemorySegment state = NativeCall.state();
        try {
            return NativeCall.result((int) SETSOCKOPT.handle().invokeExact(state, fd, level, option, value, valueBytes),
                    state);
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }
}
