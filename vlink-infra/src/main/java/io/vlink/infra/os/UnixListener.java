// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Unix stream socket that waits for connections at a path. One thread accepts; any thread may close. Source:
 * {@code unix(7)}.
 */
public final class UnixListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(UnixListener.class);
    private static final int SHUT_RDWR = 2;
    private static final long SHORTAGE_PAUSE_MILLIS = 100;
    /** Time between two lines in the log about the same trouble, in nanoseconds. */
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Fd fd;
    private final Path path;
    private final Object fileKey;
    /** A descriptor to give up where there is no other one for a connection that is to be refused; or null. */
    private final AtomicReference<Fd> spare = new AtomicReference<>();
    private Consumer<String> log = LOG::warn;
    private boolean warned;
    private long warnedNanos;

    private UnixListener(Fd fd, Path path, Object fileKey) {
        this.fd = fd;
        this.path = path;
        this.fileKey = fileKey;
    }

    /**
     * A listener at a new path, with the permissions that the process's umask leaves; at most {@code backlog} connections
     * wait to be accepted.
     *
     * @throws IllegalArgumentException if the path is longer than a socket address holds (107 bytes)
     * @throws OsException if it cannot be created there: EADDRINUSE if the path exists, EACCES, ENOENT
     */
    public static UnixListener bind(Path path, int backlog) {
        return bind(path, backlog, Set.of());
    }

    /**
     * Like {@link #bind(Path, int)}, with these permissions unless the set is empty; nobody can connect before they are set.
     *
     * @throws IllegalArgumentException if the path is longer than a socket address holds (107 bytes)
     * @throws OsException if it cannot be created there: EADDRINUSE if the path exists, EACCES, ENOENT
     * @throws UncheckedIOException if the permissions cannot be set
     */
    public static UnixListener bind(Path path, int backlog, Set<PosixFilePermission> permissions) {
        Fd fd = null;
        boolean bound = false;
        boolean listening = false;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = SocketAddress.of(path, arena);
            fd = UnixConnection.socket();
            int result = SocketCalls.bind(fd.number(), address, (int) address.byteSize());
            if (result < 0) {
                throw new OsException("bind", -result, "path=" + path, hint(-result));
            }
            bound = true;
            if (!permissions.isEmpty()) {
                Files.setPosixFilePermissions(path, permissions);
            }
            Object fileKey = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
            OsException.checked("listen", SocketCalls.listen(fd.number(), backlog), "path=" + path);
            listening = true;
            return new UnixListener(fd, path, fileKey);
        } catch (IOException failure) {
            throw new UncheckedIOException("socket permissions cannot be set: path=" + path, failure);
        } finally {
            if (!listening) {
                closeFailed(fd, bound ? path : null);
            }
        }
    }

    /**
     * A listener from a socket that listens already, such as one that another process left; it owns the descriptor from now
     * on. What waited to be accepted still does.
     *
     * @throws OsException if that is not a socket that listens at a path; the descriptor is then still the caller's
     * @throws IllegalStateException if the descriptor is closed
     */
    public static UnixListener adopt(Fd fd) {
        try {
            Path path = pathOf(fd);
            if (path == null) {
                throw new OsException("getsockname", Errno.EINVAL, fd.toString(), "it does not listen at a path");
            }
            Object fileKey = Files.exists(path)
                    ? Files.readAttributes(path, BasicFileAttributes.class).fileKey()
                    : null;
            return new UnixListener(fd, path, fileKey);
        } catch (IOException failure) {
            throw new UncheckedIOException("socket cannot be looked at: " + fd, failure);
        }
    }

    /**
     * Where a descriptor listens; null if it is no socket, or one that does not listen at a path.
     *
     * @throws OsException if the kernel refuses
     * @throws IllegalStateException if the descriptor is closed
     */
    public static Path pathOf(Fd fd) {
        int held = fd.acquire();
        try {
            return SocketState.of(fd) == SocketState.LISTENING ? SocketAddress.of(held) : null;
        } finally {
            fd.release();
        }
    }

    /** The socket's descriptor, which belongs to this listener. */
    public Fd fd() {
        return fd;
    }

    /** The path it listens at. */
    public Path path() {
        return path;
    }

    /**
     * Says where to tell of a shortage, one line at a time, at most every ten seconds; else it goes to the program's log. Before
     * the first {@link #accept()}.
     */
    public void logTo(Consumer<String> lines) {
        log = lines;
    }

    /**
     * The next connection, which the caller closes; null once this listener is closed. Blocks. While descriptors or memory
     * are short it waits, says so in the log, and goes on when there are some again.
     *
     * @throws OsException for any other failure
     */
    public UnixConnection accept() {
        return accept(null);
    }

    /**
     * Like {@link #accept()}, but does not let anybody wait for descriptors: while there are none, it gives each connection to
     * {@code refuse}, which closes it. For that it keeps one descriptor in reserve.
     *
     * @throws OsException for any other failure
     */
    public UnixConnection acceptOrRefuse(Consumer<UnixConnection> refuse) {
        if (spare.get() == null) {
            reserve();
        }
        return accept(refuse);
    }

    private UnixConnection accept(Consumer<UnixConnection> refuse) {
        int held;
        try {
            held = fd.acquire();
        } catch (IllegalStateException closed) {
            return null;
        }
        try {
            return accept(held, refuse);
        } finally {
            fd.release();
        }
    }

    /** Stops listening, wakes a blocked {@link #accept}, and removes the path if it is still this socket's. */
    @Override
    public void close() {
        if (fd.isOpen()) {
            fd.closeWaking(busy -> SocketCalls.shutdown(busy, SHUT_RDWR));
            unlink();
            giveUpReserve();
        }
    }

    private UnixConnection accept(int held, Consumer<UnixConnection> refuse) {
        while (true) {
            int result = acceptNow(held);
            // Linux takes the descriptor before it looks for a connection: until there is one, a shortage hurts nobody.
            if (isShortage(result) && Poll.await(held, Poll.POLLIN, -1)) {
                result = acceptNow(held);
            }
            if (result >= 0) {
                return UnixConnection.of(Fd.own(result));
            }
            if (!fd.isOpen()) {
                return null;
            }
            if (isShortage(result)) {
                refuseOrWait(held, -result, refuse);
            } else if (result != -Errno.EINTR && result != -Errno.ECONNABORTED) {
                throw new OsException("accept4", -result, "path=" + path, "");
            }
        }
    }

    private static int acceptNow(int held) {
        return SocketCalls.accept4(held, MemorySegment.NULL, MemorySegment.NULL, UnixConnection.SOCK_CLOEXEC);
    }

    private static boolean isShortage(int result) {
        return switch (-result) {
            case Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM -> true;
            default -> false;
        };
    }

    private void refuseOrWait(int held, int errno, Consumer<UnixConnection> refuse) {
        if (refuse != null && giveUpReserve()) {
            int result = acceptNow(held);
            if (result >= 0) {
                warn(errno, "is refused");
                refuse.accept(UnixConnection.of(Fd.own(result)));
                reserve();
                return;
            }
            reserve();
        }
        warn(errno, "waits");
        // Without events this wakes early only for a hang-up, which is what close() causes.
        Poll.await(held, Poll.ONLY_HANG_UP, SHORTAGE_PAUSE_MILLIS);
    }

    private void warn(int errno, String what) {
        long now = System.nanoTime();
        if (!warned || now - warnedNanos > QUIET_NANOS) {
            warned = true;
            warnedNanos = now;
            log.accept("event=connection_not_accepted path=" + path + " reason=" + Errno.name(errno)
                    + " note=whoever connects "
                    + what + ", said at most every 10 s: "
                    + (errno == Errno.EMFILE
                            ? DescriptorLimit.REMEDY
                            : "descriptors or memory of the system are short"));
        }
    }

    private void reserve() {
        try {
            spare.set(Fd.eventFd());
        } catch (OsException none) {
            // Then connections wait, and the next call tries again.
        }
        if (!fd.isOpen()) {
            giveUpReserve();
        }
    }

    /** Closes the descriptor in reserve, and says whether there was one. */
    private boolean giveUpReserve() {
        Fd reserve = spare.getAndSet(null);
        if (reserve == null) {
            return false;
        }
        reserve.close();
        return true;
    }

    private void unlink() {
        try {
            if (Objects.equals(fileKey, Files.readAttributes(path, BasicFileAttributes.class).fileKey())) {
                Files.deleteIfExists(path);
            }
        } catch (IOException gone) {
            LOG.debug("socket was removed by somebody else: path={} reason={}", path, gone.toString());
        }
    }

    private static void closeFailed(Fd fd, Path bound) {
        if (fd != null) {
            fd.close();
        }
        if (bound != null) {
            try {
                Files.deleteIfExists(bound);
            } catch (IOException left) {
                LOG.warn("socket file is left behind: path={} reason={}", bound, left.toString());
            }
        }
    }

    private static String hint(int errno) {
        return switch (errno) {
            case Errno.EADDRINUSE -> "another process listens there, or a crashed one left the file: remove it if so";
            case Errno.ENOENT -> "create the folder first, or choose another --run-dir";
            case Errno.EACCES, Errno.EPERM -> "the folder is not writable for this user: choose another --run-dir";
            case Errno.ENOSPC, Errno.EDQUOT ->
                "the file system is full, or has no inode left: make room, or choose another --run-dir";
            case Errno.EROFS -> "the file system is read-only: choose another --run-dir";
            default -> "";
        };
    }
}
