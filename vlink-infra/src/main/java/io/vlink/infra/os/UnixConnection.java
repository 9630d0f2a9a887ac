// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * One end of a Unix stream socket that carries bytes and descriptors. One thread at a time may send and one may receive;
 * {@link #shutdown} and {@link #close} may come from any thread and wake both. Sources: {@code unix(7)}, {@code sendmsg(2)},
 * {@code recvmsg(2)}.
 */
public final class UnixConnection implements AutoCloseable {
    static final int SOCK_CLOEXEC = 0x80000;
    private static final int SOCK_STREAM = 1;
    private static final int SOL_SOCKET = 1;
    private static final int SO_PEERCRED = 17;
    private static final int SO_RCVTIMEO = 20;
    private static final int SO_SNDTIMEO = 21;
    private static final int SHUT_RDWR = 2;
    private static final int MSG_PEEK = 0x2;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    /** Bytes that go through native memory in one system call. */
    private static final int CHUNK_BYTES = 64 << 10;
    private static final int[] NO_FDS = {};
    private static final VarHandle PID = NativeLayouts.UCRED.varHandle(MemoryLayout.PathElement.groupElement("pid"));
    private static final VarHandle UID = NativeLayouts.UCRED.varHandle(MemoryLayout.PathElement.groupElement("uid"));
    private static final VarHandle GID = NativeLayouts.UCRED.varHandle(MemoryLayout.PathElement.groupElement("gid"));
    private static final VarHandle SECONDS = NativeLayouts.TIMEVAL
            .varHandle(MemoryLayout.PathElement.groupElement("tv_sec"));
    private static final VarHandle MICROS = NativeLayouts.TIMEVAL
            .varHandle(MemoryLayout.PathElement.groupElement("tv_usec"));

    private final Fd fd;

    private UnixConnection(Fd fd) {
        this.fd = fd;
    }

    /** A connection over an already connected stream socket, which it owns from now on. */
    public static UnixConnection of(Fd fd) {
        return new UnixConnection(fd);
    }

    /**
     * A connection to whoever listens at that path. Blocks while the listener's backlog is full.
     *
     * @throws IllegalArgumentException if the path is longer than a socket address holds (107 bytes)
     * @throws OsException if nobody listens there: ENOENT, ECONNREFUSED; or EACCES
     */
    public static UnixConnection connect(Path path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = SocketAddress.of(path, arena);
            Fd fd = socket();
            int result;
            do {
                result = SocketCalls.connect(fd.number(), address, (int) address.byteSize());
            } while (result == -Errno.EINTR);
            if (result < 0) {
                fd.close();
                throw new OsException("connect", -result, "path=" + path, connectHint(-result));
            }
            return new UnixConnection(fd);
        }
    }

    /**
     * Two ends of a new connection within this process. Source: {@code socketpair(2)}.
     *
     * @throws OsException if descriptors are short
     */
    public static UnixConnection[] pair() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment numbers = arena.allocate(JAVA_INT, 2);
            OsException.checked("socketpair",
                    SocketCalls.socketpair(SocketAddress.AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, numbers), "");
            return new UnixConnection[]{new UnixConnection(Fd.own(numbers.getAtIndex(JAVA_INT, 0))),
                    new UnixConnection(Fd.own(numbers.getAtIndex(JAVA_INT, 1)))};
        }
    }

    /**
     * Who was at the other end when the connection was made. Source: {@code unix(7)}, SO_PEERCRED.
     *
     * @throws OsException if the kernel does not say
     */
    public PeerCredentials peer() {
        int held = fd.acquire();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment credentials = arena.allocate(NativeLayouts.UCRED);
            MemorySegment bytes = arena.allocateFrom(JAVA_INT, (int) credentials.byteSize());
            OsException.checked("getsockopt(SO_PEERCRED)",
                    SocketCalls.getsockopt(held, SOL_SOCKET, SO_PEERCRED, credentials, bytes), "fd=" + held);
            return new PeerCredentials((int) PID.get(credentials, 0L), (int) UID.get(credentials, 0L),
                    (int) GID.get(credentials, 0L));
        } finally {
            fd.release();
        }
    }

    /**
     * Sends all the bytes, the descriptors together with the first of them; blocks while the other end does not read. The
     * descriptors stay open and the caller's.
     *
     * @throws IllegalArgumentException for descriptors without a byte to ride on, or more than 253
     * @throws OsException if the other end is gone (EPIPE, ECONNRESET; never a signal) or a time limit passed (EAGAIN); some
     *         bytes may have been sent
     * @throws IllegalStateException if this end or a descriptor is closed
     */
    public void send(byte[] bytes, int offset, int length, List<Fd> fds) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (fds.size() > SocketMessage.MAX_FDS || (length == 0 && !fds.isEmpty())) {
            throw new IllegalArgumentException(
                    "up to 253 descriptors ride on at least one byte: fds=" + fds.size() + " bytes="
                            + length);
        }
        int held = fd.acquire();
        int acquired = 0;
        try {
            int[] numbers = new int[fds.size()];
            for (; acquired < numbers.length; acquired++) {
                numbers[acquired] = fds.get(acquired).acquire();
            }
            for (int done = 0; done < length;) {
                done += sendChunk(held, bytes, offset + done, Math.min(length - done, CHUNK_BYTES),
                        done == 0 ? numbers : NO_FDS);
            }
        } finally {
            for (int i = 0; i < acquired; i++) {
                fds.get(i).release();
            }
            fd.release();
        }
    }

    /**
     * Receives what is there, at most {@code length} bytes, and returns their number; 0 at the end of the stream. Blocks
     * until something is there. Descriptors that came along, at most {@code maxFds}, are added to {@code into},
     * close-on-exec, and are the caller's.
     *
     * @throws IllegalArgumentException if length is not positive or maxFds is not 0 to 253
     * @throws FdShortageException if more descriptors came than this process may still open: all are closed, the bytes are there
     * @throws OsException EMSGSIZE if more descriptors came than allowed: all are closed, the bytes are lost, and the connection
     *         is of no further use; EAGAIN if a time limit passed; ECONNRESET
     * @throws IllegalStateException if this end is closed
     */
    public int receive(byte[] bytes, int offset, int length, List<Fd> into, int maxFds) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (length == 0 || maxFds < 0 || maxFds > SocketMessage.MAX_FDS) {
            throw new IllegalArgumentException(
                    "receiving needs room for a byte and for 0 to 253 descriptors: bytes=" + length + " maxFds="
                            + maxFds);
        }
        int held = fd.acquire();
        try (Arena arena = Arena.ofConfined()) {
            SocketMessage message = SocketMessage.toReceive(arena, Math.min(length, CHUNK_BYTES), maxFds);
            int count = receive(held, message, MSG_CMSG_CLOEXEC);
            List<Fd> fds = message.takeFds();
            if (message.droppedFds()) {
                fds.forEach(Fd::close);
                if (fds.size() < maxFds) {
                    // There was room for another one in the message, so it was in the process that there was none.
                    message.copyTo(bytes, offset, count);
                    throw new FdShortageException(held, count);
                }
                throw new OsException("recvmsg", Errno.EMSGSIZE, "fd=" + held + " maxFds=" + maxFds,
                        "the peer sent more descriptors than expected");
            }
            message.copyTo(bytes, offset, count);
            into.addAll(fds);
            return count;
        } finally {
            fd.release();
        }
    }

    /**
     * Copies the bytes that would be received next, and leaves them in the socket; blocks until something is there. Source:
     * {@code recv(2)}, MSG_PEEK.
     *
     * @return number of bytes, up to {@code length} and 65,536; 0 at the end of the stream, and where descriptors are there:
     *         Linux also tells of those that come with the bytes behind, so whose they are only {@link #receive} knows
     * @throws IllegalArgumentException if length is not positive
     * @throws OsException if a time limit passed (EAGAIN); ECONNRESET
     * @throws IllegalStateException if this end is closed
     */
    public int peek(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (length == 0) {
            throw new IllegalArgumentException("peeking needs room for a byte: bytes=0");
        }
        int held = fd.acquire();
        try (Arena arena = Arena.ofConfined()) {
            SocketMessage message = SocketMessage.toReceive(arena, Math.min(length, CHUNK_BYTES), 0);
            int count = receive(held, message, MSG_PEEK);
            if (message.droppedFds()) {
                return 0;
            }
            message.copyTo(bytes, offset, count);
            return count;
        } finally {
            fd.release();
        }
    }

    private static int receive(int held, SocketMessage message, int flags) {
        long result;
        do {
            result = SocketCalls.recvmsg(held, message.header(), flags);
        } while (result == -Errno.EINTR);
        if (result < 0) {
            throw new OsException("recvmsg", (int) -result, "fd=" + held, "");
        }
        return (int) result;
    }

    /**
     * Whether something can be received, the end of the stream included, before the time is over. 0 only looks, a negative
     * time is unlimited. Source: {@code poll(2)}.
     *
     * @throws OsException if the kernel refuses
     * @throws IllegalStateException if this end is closed
     */
    public boolean readable(long timeoutMillis) {
        int held = fd.acquire();
        try {
            return Poll.await(held, Poll.POLLIN, timeoutMillis);
        } finally {
            fd.release();
        }
    }

    /**
     * Whether the other end is closed before the time is over; what can be received does not wake it, {@link #close} of this
     * end does. A negative time is unlimited. Source: {@code poll(2)}, POLLHUP.
     *
     * @throws OsException if the kernel refuses
     * @throws IllegalStateException if this end is closed
     */
    public boolean awaitHangUp(long timeoutMillis) {
        int held = fd.acquire();
        try {
            return Poll.await(held, Poll.ONLY_HANG_UP, timeoutMillis);
        } finally {
            fd.release();
        }
    }

    /**
     * Whether the other end is closed, although bytes from it may still be here to be received. Only looks, from any thread.
     * Source: {@code poll(2)}, POLLHUP.
     *
     * @throws OsException if the kernel refuses
     * @throws IllegalStateException if this end is closed
     */
    public boolean hungUp() {
        int held = fd.acquire();
        try {
            return Poll.await(held, Poll.ONLY_HANG_UP, 0);
        } finally {
            fd.release();
        }
    }

    /**
     * Limits how long a later {@link #receive} blocks before it throws EAGAIN; 0 is without limit. Source:
     * {@code socket(7)}, SO_RCVTIMEO.
     *
     * @throws IllegalArgumentException if the time is negative
     */
    public void receiveTimeout(long millis) {
        timeout("setsockopt(SO_RCVTIMEO)", SO_RCVTIMEO, millis);
    }

    /**
     * Limits how long a later {@link #send} blocks before it throws EAGAIN; 0 is without limit. Source: {@code socket(7)},
     * SO_SNDTIMEO.
     *
     * @throws IllegalArgumentException if the time is negative
     */
    public void sendTimeout(long millis) {
        timeout("setsockopt(SO_SNDTIMEO)", SO_SNDTIMEO, millis);
    }

    /**
     * Ends both directions for everybody who holds this socket: blocked threads wake, the peer sees the end of the stream.
     * The descriptor stays open. Does nothing on a closed connection. Source: {@code shutdown(2)}.
     */
    public void shutdown() {
        int held;
        try {
            held = fd.acquire();
        } catch (IllegalStateException closed) {
            return;
        }
        try {
            SocketCalls.shutdown(held, SHUT_RDWR);
        } finally {
            fd.release();
        }
    }

    /** The socket's descriptor, which belongs to this connection. */
    public Fd fd() {
        return fd;
    }

    /** Closes this process's end, once; a thread that is blocked in it wakes. */
    @Override
    public void close() {
        fd.closeWaking(busy -> SocketCalls.shutdown(busy, SHUT_RDWR));
    }

    @Override
    public String toString() {
        return "connection on " + fd;
    }

    /** A new, unconnected stream socket. */
    static Fd socket() {
        return Fd.own(OsException.checked("socket",
                SocketCalls.socket(SocketAddress.AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "domain=AF_UNIX"));
    }

    private static int sendChunk(int held, byte[] bytes, int offset, int length, int[] fds) {
        try (Arena arena = Arena.ofConfined()) {
            SocketMessage message = SocketMessage.toSend(arena, bytes, offset, length, fds);
            long result;
            do {
                result = SocketCalls.sendmsg(held, message.header(), MSG_NOSIGNAL);
            } while (result == -Errno.EINTR);
            if (result < 0) {
                throw new OsException("sendmsg", (int) -result,
                        "fd=" + held + " bytes=" + length + " fds=" + fds.length,
                        result == -Errno.EPIPE ? "the other end is closed" : "");
            }
            return (int) result;
        }
    }

    private void timeout(String call, int option, long millis) {
        if (millis < 0) {
            throw new IllegalArgumentException("a time limit must not be negative: millis=" + millis);
        }
        int held = fd.acquire();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment time = arena.allocate(NativeLayouts.TIMEVAL);
            SECONDS.set(time, 0L, millis / 1_000);
            MICROS.set(time, 0L, millis % 1_000 * 1_000);
            OsException.checked(call, SocketCalls.setsockopt(held, SOL_SOCKET, option, time, (int) time.byteSize()),
                    "fd=" + held + " millis=" + millis);
        } finally {
            fd.release();
        }
    }

    private static String connectHint(int errno) {
        return switch (errno) {
            case Errno.ENOENT -> "nothing is there: is it running, and is --run-dir the same?";
            case Errno.ECONNREFUSED -> "nobody listens there any more: start it again";
            case Errno.EACCES -> "this user may not connect";
            default -> "";
        };
    }
}
