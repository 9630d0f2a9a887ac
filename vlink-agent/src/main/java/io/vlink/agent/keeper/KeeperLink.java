// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.Errno;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.UnixConnection;
import io.vlink.spec.keeper.KeeperMessageType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** An agent's connection to a keeper. One thread at a time asks; {@link #awaitHangUp} and {@link #close} are for any. */
final class KeeperLink implements AutoCloseable {
    /** How long a keeper may take over a reply, which it owes after microseconds. */
    private static final long REPLY_MILLIS = 5_000;

    private final UnixConnection connection;
    private final KeeperTransport transport;
    private final int pid;

    private KeeperLink(UnixConnection connection) {
        this.connection = connection;
        this.transport = new KeeperTransport(connection);
        this.pid = connection.peer().pid();
    }

    /**
     * Connects to the keeper of a run directory.
     *
     * @param directory    where
     * @param lingerMillis how long it is to stay without anybody
     * @return the connection
     * @throws OsException     if nobody listens there (ENOENT, ECONNREFUSED) or answers (EAGAIN, EPIPE, ECONNRESET)
     * @throws KeeperException if whoever listens there is somebody else's, of another version, or serves another agent
     */
    static KeeperLink connect(RunDirectory directory, long lingerMillis) {
        UnixConnection connection = UnixConnection.connect(KeeperFiles.socket(directory));
        try {
            int uid = connection.peer().uid();
            if (uid != RunDirectory.ownUid() && uid != 0) {
                throw new KeeperException("the keeper is another user's: run_dir=" + directory.path() + " uid=" + uid
                        + ": choose another --run-dir");
            }
            connection.sendTimeout(REPLY_MILLIS);
            connection.receiveTimeout(REPLY_MILLIS);
            KeeperLink link = new KeeperLink(connection);
            link.ask(KeeperMessage.hello(lingerMillis));
            return link;
        } catch (RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** {@return the keeper's process id} */
    int pid() {
        return pid;
    }

    /** {@return null, or why the keeper does not keep it} */
    String put(Kept entry) {
        try (KeeperMessage reply = exchange(
                new KeeperMessage(KeeperMessageType.PUT, entry.key(), entry.state(), entry.fds()))) {
            return switch (reply.type()) {
                case OK -> null;
                case REFUSED -> reply.text();
                default -> throw unexpected(reply);
            };
        }
    }

    void remove(String key) {
        ask(KeeperMessage.of(KeeperMessageType.REMOVE, key));
    }

    /** {@return everything that is kept; the caller closes it} */
    List<Kept> fetch() {
        List<Kept> all = new ArrayList<>();
        boolean complete = false;
        try {
            transport.send(KeeperMessage.of(KeeperMessageType.FETCH));
            KeeperMessage next = receive();
            for (; next.type() == KeeperMessageType.ENTRY; next = receive()) {
                all.add(new Kept(next.key(), next.body(), next.fds()));
            }
            expectOk(next);
            complete = true;
            return all;
        } finally {
            if (!complete) {
                all.forEach(Kept::close);
            }
        }
    }

    /** Tells the keeper to forget everything and end, and waits until it has. */
    void end() {
        ask(KeeperMessage.of(KeeperMessageType.END));
        if (!connection.awaitHangUp(REPLY_MILLIS)) {
            throw new OsException("poll", Errno.EAGAIN, "keeper_pid=" + pid, "it said that it ends, and did not");
        }
    }

    /** Waits until the keeper has gone, or this end is closed. */
    void awaitHangUp() {
        connection.awaitHangUp(-1);
    }

    /** Ends a keeper that does not answer, which must not happen to the only one who has the entries. */
    void kill() {
        // While the connection has not hung up, the process is there, so the number is its.
        if (!connection.hungUp()) {
            Optional<ProcessHandle> process = ProcessHandle.of(pid);
            process.ifPresent(ProcessHandle::destroyForcibly);
            connection.awaitHangUp(TimeUnit.SECONDS.toMillis(2));
        }
    }

    private void ask(KeeperMessage request) {
        try (KeeperMessage reply = exchange(request)) {
            expectOk(reply);
        }
    }

    private KeeperMessage exchange(KeeperMessage request) {
        transport.send(request);
        return receive();
    }

    private KeeperMessage receive() {
        KeeperMessage reply = transport.receive();
        if (reply == null) {
            throw new OsException("recvmsg", Errno.ECONNRESET, "keeper_pid=" + pid, "the keeper has gone");
        }
        return reply;
    }

    private static void expectOk(KeeperMessage reply) {
        if (reply.type() != KeeperMessageType.OK) {
            throw unexpected(reply);
        }
    }

    private static KeeperException unexpected(KeeperMessage reply) {
        try (reply) {
            return new KeeperException(reply.type() == KeeperMessageType.REFUSED
                    ? "the keeper refused: " + reply.text()
                    : "the keeper answered with something else: type=" + reply.type());
        }
    }

    @Override
    public void close() {
        connection.close();
    }

    /** {@return the descriptor, for messages and tests} */
    Fd fd() {
        return connection.fd();
    }
}
