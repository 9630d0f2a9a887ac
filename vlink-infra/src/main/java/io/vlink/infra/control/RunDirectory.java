// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.control;

import io.vlink.infra.os.Errno;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.SocketFile;
import io.vlink.spec.control.ControlProtocol;
import io.vlink.spec.control.StatusCode;
import io.vlink.spec.keeper.KeeperProtocol;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * An agent's run directory: where programs meet it. Every program takes {@code --run-dir DIR}; without it the environment's
 * VLINK_RUN_DIR counts, then {@code /run/vlink} for root and {@code $XDG_RUNTIME_DIR/vlink} for others. Immutable.
 *
 * @param path the directory, absolute
 */
public record RunDirectory(Path path) {
    /** Environment variable that names the directory. */
    public static final String VARIABLE = "VLINK_RUN_DIR";

    private static final Path OF_ROOT = Path.of("/run/vlink");

    /** Makes the path absolute, so that a later change of directory does not matter. */
    public RunDirectory {
        path = path.toAbsolutePath().normalize();
    }

    /**
     * The directory to use where the command line names none.
     *
     * @param environment of the process
     * @return the directory, which need not exist
     */
    public static RunDirectory defaultFor(Map<String, String> environment) {
        String named = environment.getOrDefault(VARIABLE, "");
        if (!named.isEmpty()) {
            return new RunDirectory(Path.of(named));
        }
        int uid = ownUid();
        String ofSession = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        if (uid == 0) {
            return new RunDirectory(OF_ROOT);
        }
        return new RunDirectory(ofSession.isEmpty() ? Path.of("/tmp/vlink-" + uid) : Path.of(ofSession, "vlink"));
    }

    /**
     * The directory that a command line names.
     *
     * @param named       value of {@code --run-dir}, or null
     * @param environment of the process
     * @return the directory, which need not exist
     */
    public static RunDirectory of(Path named, Map<String, String> environment) {
        return named == null ? defaultFor(environment) : new RunDirectory(named);
    }

    /** {@return this process's effective user id} */
    public static int ownUid() {
        try {
            return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        } catch (IOException e) {
            throw new IllegalStateException("user id is unknown: /proc must be mounted", e);
        }
    }

    /** {@return the agent's control socket} */
    public Path controlSocket() {
        return path.resolve(ControlProtocol.SOCKET_NAME);
    }

    /** {@return where agents reach the keeper} */
    public Path keeperSocket() {
        return path.resolve(KeeperProtocol.SOCKET_NAME);
    }

    /** {@return the file that the running agent locks and writes its process id to} */
    public Path lockFile() {
        return path.resolve("agent.lock");
    }

    /**
     * The device socket of a domain.
     *
     * @param domain a checked name
     * @return the socket's path
     */
    public Path deviceSocket(String domain) {
        return path.resolve(domain + ".sock");
    }

    private String notOurs(String what) {
        return "no agent: run_dir=" + path + " control.sock " + what + ": give the run directory of bin/virt_compute";
    }

    /**
     * Connects to the agent.
     *
     * @return a connection
     * @throws ControlException that says what is missing, if nobody answers
     */
    public ControlConnection connect() {
        try {
            return ControlConnection.connect(controlSocket());
        } catch (OsException e) {
            String cause = switch (e.errno()) {
                case Errno.ENOTDIR -> "run directory is not a folder: run_dir=" + path
                        + ": give the folder where control.sock stands";
                case Errno.EPROTOTYPE -> notOurs("is a socket of another kind");
                case Errno.ENOENT -> "no agent: run_dir=" + path + " control.sock is absent: start bin/virt_compute";
                case Errno.ECONNREFUSED -> !SocketFile.isSocket(controlSocket())
                        ? notOurs("is not a socket")
                        : "no agent: run_dir=" + path
                                + " control.sock is left over from a dead one: start bin/virt_compute";
                case Errno.EACCES, Errno.EPERM -> "agent may not be used: run_dir=" + path
                        + " control.sock is closed to this user: start the agent with --socket-group";
                default -> "no agent: run_dir=" + path + " " + e.getMessage();
            };
            throw e.errno() == Errno.ENOENT || e.errno() == Errno.ECONNREFUSED
                    ? ControlException.agentAbsent(cause, e)
                    : new ControlException(StatusCode.FAILED, cause, e);
        } catch (IllegalArgumentException tooLong) {
            throw new ControlException(StatusCode.FAILED, tooLong.getMessage() + ": choose a shorter --run-dir",
                    tooLong);
        }
    }
}
