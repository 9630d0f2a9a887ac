// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import io.vlink.agent.keeper.KeeperFiles;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.OsException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A run directory that this agent has to itself, by a lock that dies with the process (flock(2)). Closing it removes the lock
 * and the directories that it made. One thread.
 */
public final class HeldRunDirectory implements AutoCloseable {
    /** Longest path of a socket in bytes: sun_path without its terminating zero (unix(7)). */
    public static final int MAX_SOCKET_PATH_BYTES = 107;

    private static final Logger LOG = LoggerFactory.getLogger(HeldRunDirectory.class);
    private static final int PID_COLUMNS = 11;
    /** What an agent and its keeper write at their start, and some. */
    private static final int ROOM_BYTES = 16 << 10;

    private final RunDirectory directory;
    private final SocketAccess access;
    private final Deque<Path> made = new ArrayDeque<>();
    private Fd lock;

    private HeldRunDirectory(RunDirectory directory, SocketAccess access) {
        this.directory = directory;
        this.access = access;
    }

    /**
     * Makes the directory if it is missing, and takes its lock. What a crashed agent left is still there.
     *
     * @param directory where
     * @param access    who may get to the sockets
     * @return the directory, ours until it is closed
     * @throws StartException if it cannot be used, or another agent uses it; nothing is left behind
     */
    public static HeldRunDirectory take(RunDirectory directory, SocketAccess access) {
        HeldRunDirectory held = new HeldRunDirectory(directory, access);
        try {
            checkSocketPath(directory.controlSocket());
            held.make(directory.path());
            held.checkUsable();
            held.takeLock();
            checkRoom(directory);
            return held;
        } catch (IOException e) {
            held.giveUp();
            throw unusable(directory, reason(e, directory.path()), e);
        } catch (OsException e) {
            held.giveUp();
            throw unusable(directory, e.getMessage(), e);
        } catch (RuntimeException e) {
            held.giveUp();
            throw e;
        }
    }

    /** Where some keeper lives, its agent's lock and directories are the next one's. */
    private void giveUp() {
        if (lock != null && Files.exists(KeeperFiles.socket(directory))) {
            leave();
        } else {
            close();
        }
    }

    private static StartException unusable(RunDirectory directory, String reason, Exception cause) {
        return new StartException("run directory cannot be used: run_dir=" + directory.path() + " reason=\"" + reason
                + "\": choose another with --run-dir", cause);
    }

    /** Java's messages of file exceptions are often the path and nothing else; what happened is in the class's name. */
    private static String reason(IOException failure, Path known) {
        if (!(failure instanceof FileSystemException of)) {
            return String.valueOf(failure.getMessage());
        }
        String what = switch (of) {
            case NoSuchFileException _ -> "no such file or directory";
            case AccessDeniedException _ -> "permission denied";
            case NotDirectoryException _ -> "not a directory";
            default -> of.getReason() == null ? of.getClass().getSimpleName() : of.getReason();
        };
        return of.getFile() == null || of.getFile().equals(known.toString()) ? what : what + ": " + of.getFile();
    }

    /**
     * Checks that a socket can have a path.
     *
     * @param socket the path
     * @throws StartException if it is too long
     */
    public static void checkSocketPath(Path socket) {
        int bytes = socket.toString().getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_SOCKET_PATH_BYTES) {
            throw new StartException("socket path is too long: path=" + socket + " bytes=" + bytes + " limit="
                    + MAX_SOCKET_PATH_BYTES + ": choose a shorter --run-dir");
        }
    }

    /** {@return where it is} */
    public RunDirectory directory() {
        return directory;
    }

    private void make(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            return;
        }
        if (path.getParent() != null) {
            make(path.getParent());
        }
        try {
            Files.createDirectory(path);
        } catch (FileAlreadyExistsException e) {
            throw new StartException(
                    "run directory is not a directory: run_dir=" + path + ": choose another with --run-dir",
                    e);
        } catch (AccessDeniedException e) {
            throw notWritable(path.getParent(), e);
        }
        made.push(path);
        access.applyToDirectory(path, RunDirectory.ownUid() == 0);
    }

    private void checkUsable() throws IOException {
        Path path = directory.path();
        if (!Files.isWritable(path)) {
            throw Files.getFileStore(path).isReadOnly()
                    ? unusable(directory, "Read-only file system", null)
                    : notWritable(path, null);
        }
        int owner = (int) Files.getAttribute(path, "unix:uid");
        int mode = (int) Files.getAttribute(path, "unix:mode");
        int own = RunDirectory.ownUid();
        if (own != 0 && owner != own && owner != 0) {
            // Its owner could put sockets of their own in the place of ours.
            throw new StartException(
                    "run directory must belong to this user or root: run_dir=" + path + " owner_uid=" + owner
                            + " uid=" + own + ": choose another with --run-dir");
        }
        boolean othersMayReplaceSockets = (mode & 0002) != 0;
        if (othersMayReplaceSockets) {
            throw new StartException("run directory must not be writable for everybody: run_dir=" + path + " mode=0"
                    + Integer.toOctalString(mode & 07777) + " uid=" + owner
                    + ": chmod o-w, or choose another with --run-dir");
        }
    }

    private static StartException notWritable(Path path, IOException cause) {
        return new StartException("run directory is not writable: run_dir=" + path + " user="
                + System.getProperty("user.name") + ": choose another with --run-dir, or run as its owner", cause);
    }

    /** Locks the file, and makes sure that it is still the one in the directory: the last holder removes it when it ends. */
    private void takeLock() throws IOException {
        Path file = directory.lockFile();
        while (lock == null) {
            try {
                Files.createFile(file);
            } catch (FileAlreadyExistsException e) {
                LOG.debug("event=lock_file_found path={}", file);
            }
            Fd opened = Fd.open(file, true);
            if (!opened.tryLock()) {
                opened.close();
                throw new StartException("run_dir=" + directory.path() + " is in use by pid=" + holder(file)
                        + ": stop that agent, or choose another with --run-dir");
            }
            if (sameFile(file, Path.of("/proc/self/fd/" + opened.number()))) {
                lock = opened;
            } else {
                opened.close();
            }
        }
        String before = holder(file);
        if (!before.equals("unknown")) {
            LOG.warn("event=stale_lock_recognised path={} pid={}", file, before);
            inheritDirectories(file);
        }
        StringBuilder text = new StringBuilder(
                String.format(Locale.ROOT, "%-" + PID_COLUMNS + "d\n", ProcessHandle.current().pid()));
        made.descendingIterator().forEachRemaining(path -> text.append(path).append('\n'));
        lock.write(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Checks that an agent would find room in its directory; takes nothing.
     *
     * @param directory of an agent, which may run
     * @throws StartException if it would not, or may not write there
     */
    static void probeRoom(RunDirectory directory) {
        try {
            checkRoom(directory);
        } catch (IOException e) {
            throw unusable(directory, reason(e, directory.path()), e);
        }
    }

    /** Sockets need inodes and the keeper's log needs room: rather no agent than one whose keeper can say nothing. */
    private static void checkRoom(RunDirectory directory) throws IOException {
        Path probe = directory.path().resolve("agent.room");
        try {
            Files.write(probe, new byte[ROOM_BYTES]);
        } catch (NoSuchFileException | AccessDeniedException e) {
            throw e;
        } catch (IOException e) {
            throw new StartException(
                    "run directory is full: run_dir=" + directory.path() + " need=" + ROOM_BYTES + " free="
                            + Files.getFileStore(directory.path()).getUsableSpace() + " reason=\"" + reason(e, probe)
                            + "\": make room, or choose another with --run-dir",
                    e);
        } finally {
            Files.deleteIfExists(probe);
        }
    }

    /** The lock tells which directories the agent made that crashed: they are this one's to remove. */
    private void inheritDirectories(Path file) throws IOException {
        Files.readString(file).lines().skip(1).filter(line -> line.indexOf('\0') < 0).map(Path::of)
                .filter(path -> directory.path().startsWith(path)
                        && Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) && !made.contains(path))
                .forEach(path -> {
                    made.push(path);
                    access.applyToDirectory(path, RunDirectory.ownUid() == 0);
                });
    }

    private static boolean sameFile(Path file, Path opened) throws IOException {
        return Files.exists(file) && Objects.equals(Files.readAttributes(file, BasicFileAttributes.class).fileKey(),
                Files.readAttributes(opened, BasicFileAttributes.class).fileKey());
    }

    private static String holder(Path file) {
        try {
            String pid = Files.readString(file).lines().findFirst().orElse("").strip();
            return pid.isEmpty() ? "unknown" : pid;
        } catch (IOException e) {
            return "unknown";
        }
    }

    /**
     * Removes the sockets of a crashed agent: as the lock is ours, the others have no owner any more. Other files are not
     * touched.
     *
     * @param inUse paths of sockets that somebody still listens at
     * @throws StartException if they cannot be removed
     */
    public void removeLeftovers(Set<Path> inUse) {
        try (DirectoryStream<Path> sockets = Files.newDirectoryStream(directory.path(), "*.sock")) {
            for (Path path : sockets) {
                boolean special = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                        .isOther();
                // What to do about the keeper's own socket is decided by who looked whether a keeper lives.
                if (special && !inUse.contains(path) && !path.equals(KeeperFiles.socket(directory))) {
                    Files.deleteIfExists(path);
                    LOG.warn("event=stale_socket_removed path={}", path);
                }
            }
        } catch (IOException e) {
            throw unusable(directory, reason(e, directory.path()), e);
        }
    }

    /** Gives up the lock, but removes nothing: the next agent finds what this one found. */
    public void leave() {
        made.clear();
        if (lock != null) {
            lock.close();
            lock = null;
        }
    }

    /** Removes the lock and the directories that {@link #take} made. */
    @Override
    public void close() {
        if (lock != null) {
            remove(directory.lockFile());
            try {
                lock.close();
            } catch (OsException e) {
                LOG.debug("event=lock_close_failed error={}", e.getMessage());
            }
            lock = null;
        }
        while (!made.isEmpty()) {
            remove(made.pop());
        }
    }

    private static void remove(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.warn("event=not_removed path={} error={}", path, e.toString());
        }
    }
}
