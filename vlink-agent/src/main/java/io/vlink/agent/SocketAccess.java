// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import io.vlink.infra.os.PeerCredentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import jnr.posix.Group;
import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;
import jnr.posix.Passwd;

/**
 * Who may open the agent's sockets: their mode, owner and group (chmod(2), chown(2)), and the same rule for peers. For any
 * thread.
 */
public final class SocketAccess {
    /** Mode of sockets unless somebody asks for another, without a group. */
    public static final int PRIVATE_MODE = 0600;
    /** Mode of sockets unless somebody asks for another, with a group. */
    public static final int GROUP_MODE = 0660;
    /** Mode of sockets unless somebody asks for another, with a list of peers: who may use them is then asked of each peer. */
    public static final int LISTED_MODE = 0666;

    private static final int DIRECTORY_OF_ROOT = 0755;
    private static final int DIRECTORY_OF_USER = 0700;
    private static final int GROUP_MAY_PASS = 0010;
    private static final int OTHERS_MAY_PASS = 0001;
    private static final int UNCHANGED = -1;

    private final int mode;
    private final int uid;
    private final int gid;
    private final AllowedPeers allowed;

    private SocketAccess(int mode, int uid, int gid, AllowedPeers allowed) {
        this.mode = mode;
        this.uid = uid;
        this.gid = gid;
        this.allowed = allowed;
    }

    /**
     * Looks up names.
     *
     * @param mode  asked for, or empty
     * @param owner name of a user, or null
     * @param group name of a group, or null
     * @param allowed who else may use sockets
     * @return what to do with each socket
     * @throws StartException if a name is unknown
     */
    public static SocketAccess of(OptionalInt mode, String owner, String group, AllowedPeers allowed) {
        int uid = UNCHANGED;
        int gid = UNCHANGED;
        if (owner != null) {
            uid = Names.uid(owner).orElseThrow(
                    () -> new StartException("no such user: --socket-owner=" + owner + ": see getent passwd"));
        }
        if (group != null) {
            gid = Names.gid(group).orElseThrow(
                    () -> new StartException("no such group: --socket-group=" + group + ": see getent group"));
        }
        int usual = !allowed.isEmpty() ? LISTED_MODE : group == null ? PRIVATE_MODE : GROUP_MODE;
        return new SocketAccess(mode.orElse(usual), uid, gid, allowed);
    }

    /**
     * Gives a new socket its owner and mode; until then the process's umask keeps it private.
     *
     * @param socket path of a socket of ours
     * @throws StartException if the system refuses
     */
    public void apply(Path socket) {
        if ((uid != UNCHANGED || gid != UNCHANGED) && !Names.chown(socket, uid, gid)) {
            throw new StartException("socket owner cannot be set: path=" + socket + " uid=" + uid + " gid=" + gid
                    + ": run as root, or name a group that this user is in");
        }
        try {
            setMode(socket, mode);
        } catch (IOException e) {
            throw new StartException(
                    "socket mode cannot be set: path=" + socket + " mode=0" + Integer.toOctalString(mode), e);
        }
    }

    /**
     * Gives a directory that was made for sockets its mode, so that whoever may use those can get to them.
     *
     * @param directory path of a directory of ours
     * @param root      whether root made it
     * @throws StartException if the system refuses
     */
    public void applyToDirectory(Path directory, boolean root) {
        int wanted = directoryMode(root);
        if (!root && gid != UNCHANGED && !Names.chown(directory, UNCHANGED, gid)) {
            throw new StartException("run directory cannot be given to the group: run_dir=" + directory + " gid=" + gid
                    + ": run as root, or name a group that this user is in");
        }
        try {
            setMode(directory, wanted);
        } catch (IOException e) {
            throw new StartException(
                    "run directory mode cannot be set: run_dir=" + directory + " mode=0" + Integer.toOctalString(wanted)
                            + ": choose another with --run-dir",
                    e);
        }
    }

    private static void setMode(Path path, int mode) throws IOException {
        Files.setAttribute(path, "unix:mode", mode);
    }

    /**
     * The system's names of users and groups. libc answers every question in the same static memory, and what jnr returns reads
     * that only when it is asked for a field: so this lock is held from a question until all of its answer is copied. It takes
     * a third of a second to initialise, so only who uses names does it. Sources: {@code getpwnam(3)}, {@code getgrnam(3)}.
     */
    private static final class Names {
        private static final POSIX SYSTEM = POSIXFactory.getNativePOSIX();

        static synchronized OptionalInt uid(String user) {
            Passwd found = SYSTEM.getpwnam(user);
            return found == null ? OptionalInt.empty() : OptionalInt.of((int) found.getUID());
        }

        static synchronized OptionalInt gid(String group) {
            Group found = SYSTEM.getgrnam(group);
            return found == null ? OptionalInt.empty() : OptionalInt.of((int) found.getGID());
        }

        static synchronized boolean isMember(int uid, int gid) {
            Passwd user = SYSTEM.getpwuid(uid);
            if (user == null) {
                return false;
            }
            String name = user.getLoginName();
            Group group = SYSTEM.getgrgid(gid);
            return group != null && List.of(group.getMembers()).contains(name);
        }

        static synchronized boolean chown(Path path, int uid, int gid) {
            return SYSTEM.chown(path.toString(), uid, gid) == 0;
        }
    }

    /** Everybody may look into a directory of root's; another user's is private, and others may pass where they must. */
    int directoryMode(boolean root) {
        if (root) {
            return DIRECTORY_OF_ROOT;
        }
        return DIRECTORY_OF_USER | (gid == UNCHANGED ? 0 : GROUP_MAY_PASS) | ((mode & 06) == 0 ? 0 : OTHERS_MAY_PASS);
    }

    /**
     * Whether a peer is the owner that was named, in the group that was, or on the list.
     *
     * @param peer who connected
     * @return true if so
     */
    public boolean admits(PeerCredentials peer) {
        if (allowed.has(peer) || (uid != UNCHANGED && peer.uid() == uid) || (gid != UNCHANGED && peer.gid() == gid)) {
            return true;
        }
        return gid != UNCHANGED && Names.isMember(peer.uid(), gid);
    }
}
