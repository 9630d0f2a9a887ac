// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.control;

import io.vlink.agent.domain.AdoptedSession;
import io.vlink.agent.domain.Inventory;
import io.vlink.agent.domain.ReportWriter;
import io.vlink.agent.limits.LineLimit;
import io.vlink.agent.limits.MessageRate;
import io.vlink.infra.control.ControlConnection;
import io.vlink.infra.control.ControlMessage;
import io.vlink.infra.os.DescriptorLimit;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.PeerCredentials;
import io.vlink.infra.os.UnixConnection;
import io.vlink.infra.os.UnixListener;
import io.vlink.spec.control.ControlProtocol;
import io.vlink.spec.control.StatusCode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accepts control connections and gives each a thread, up to a limit. Any thread may close it. */
public final class ControlServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
    private static final int SEND_TIMEOUT_MILLIS = 5_000;
    private static final int END_TIMEOUT_MILLIS = 1_000;
    /** Requests of one user, on all of its connections together. */
    private static final int REQUESTS_PER_SECOND = 1_000;
    private static final int REQUESTS_AT_ONCE = 1_000;

    /** All who may open the socket share it: each may have many names. */
    private final LineLimit lines = new LineLimit("socket", "control");
    private final UnixListener listener;
    private final Inventory inventory;
    private final Predicate<PeerCredentials> allowed;
    private final Supplier<ReportWriter.AgentFacts> facts;
    private final Function<String, Path> socketOfDomain;
    private final ConnectionLimits limits;
    private final Map<ControlConnection, Session> sessions = new ConcurrentHashMap<>();
    /** Each user's. There are no more of them than may use the agent. */
    private final Map<Integer, MessageRate> rates = new ConcurrentHashMap<>();
    /** Asked for while it still can be. */
    private final long descriptorLimit = DescriptorLimit.ofThisProcess();
    private final Thread acceptor;
    private volatile boolean closing;

    /** Who has a connection, and the thread that serves it. */
    private record Session(PeerCredentials peer, Thread thread) {
    }

    /**
     * Starts to accept, with the default limits.
     *
     * @param listener       where; belongs to the server from now on
     * @param inventory      what requests are about
     * @param allowed        who may talk
     * @param facts          what reports say of the agent
     * @param socketOfDomain where a domain's device socket stands
     */
    public ControlServer(UnixListener listener, Inventory inventory, Predicate<PeerCredentials> allowed,
            Supplier<ReportWriter.AgentFacts> facts, Function<String, Path> socketOfDomain) {
        this(listener, inventory, allowed, facts, socketOfDomain, ConnectionLimits.DEFAULT);
    }

    ControlServer(UnixListener listener, Inventory inventory, Predicate<PeerCredentials> allowed,
            Supplier<ReportWriter.AgentFacts> facts, Function<String, Path> socketOfDomain, ConnectionLimits limits) {
        this.listener = listener;
        this.inventory = inventory;
        this.allowed = allowed;
        this.facts = facts;
        this.socketOfDomain = socketOfDomain;
        this.limits = limits;
        inventory.adoptedSessions().forEach(this::adopt);
        this.acceptor = Thread.ofPlatform().name("control-accept").daemon().start(this::acceptAll);
    }

    private void acceptAll() {
        try {
            for (UnixConnection next = accept(); next != null; next = accept()) {
                welcome(next);
            }
        } catch (OsException e) {
            LOG.error("event=control_socket_failed error={}", e.getMessage());
        }
    }

    private UnixConnection accept() {
        return listener.acceptOrRefuse(socket -> turnAway(new ControlConnection(socket),
                "the agent has no descriptor left"
                        + " for another connection: limit=" + descriptorLimit + ": " + DescriptorLimit.REMEDY
                        + ", or stop a driver or a VM first"));
    }

    private void welcome(UnixConnection socket) {
        ControlConnection connection = new ControlConnection(socket);
        try {
            socket.sendTimeout(SEND_TIMEOUT_MILLIS);
            PeerCredentials peer = socket.peer();
            if (!allowed.test(peer)) {
                refuse(connection, peer, StatusCode.DENIED, "this user may not use the agent: uid=" + peer.uid()
                        + ": start the agent with --socket-group, and join that group");
                return;
            }
            String tooMany = limits.refusal(sessions.values().stream().map(Session::peer).toList(), peer);
            if (tooMany == null) {
                start(connection, peer, session(connection, peer));
            } else {
                refuse(connection, peer, StatusCode.NO_RESOURCES, tooMany);
            }
        } catch (OsException e) {
            LOG.debug("event=control_connection_lost error={}", e.getMessage());
            connection.close();
        } catch (OutOfMemoryError noThread) {
            sessions.remove(connection);
            lines.error(LOG, "event=control_connection_refused error=no thread for it: {}", noThread.getMessage());
            turnAway(connection,
                    "the agent cannot start another thread: raise \"ulimit -u\", or stop a driver or a VM first");
        }
    }

    /** Where lines in the log are not this connection's to cause. */
    private static void turnAway(ControlConnection connection, String why) {
        try (connection) {
            connection.send(ControlMessage.failure(StatusCode.NO_RESOURCES, why), List.of());
        } catch (OsException e) {
            LOG.debug("event=control_connection_lost error={}", e.getMessage());
        }
    }

    private void refuse(ControlConnection connection, PeerCredentials peer, StatusCode status, String message) {
        lines.warn(LOG, "event=control_connection_refused pid={} uid={} status={} error={}", peer.pid(), peer.uid(),
                status,
                message);
        try (connection) {
            connection.send(ControlMessage.failure(status, message), List.of());
        }
    }

    /** Goes on with a connection of the last agent; who that is was checked when it came. */
    private void adopt(AdoptedSession adopted) {
        ControlConnection connection = new ControlConnection(UnixConnection.of(adopted.connection()));
        PeerCredentials peer = connection.peer();
        ControlSession session = session(connection, peer);
        session.adopt(adopted.held());
        start(connection, peer, session);
    }

    private ControlSession session(ControlConnection connection, PeerCredentials peer) {
        connection.limitReceived(ControlProtocol.MAX_REQUEST_LENGTH);
        MessageRate rate = rates.computeIfAbsent(peer.uid(),
                uid -> new MessageRate(REQUESTS_PER_SECOND, REQUESTS_AT_ONCE));
        return new ControlSession(connection, peer, inventory, facts, socketOfDomain, limits.idle(), rate, lines);
    }

    private void start(ControlConnection connection, PeerCredentials peer, ControlSession session) {
        Thread thread = Thread.ofPlatform().name("control-" + peer.pid()).daemon().unstarted(() -> {
            try {
                session.run();
            } finally {
                sessions.remove(connection);
            }
        });
        sessions.put(connection, new Session(peer, thread));
        thread.start();
        if (closing) {
            connection.shutdown();
        }
    }

    /** {@return connections that are open} */
    public int connections() {
        return sessions.size();
    }

    /** Stops accepting, ends every connection, and waits a moment until their threads have cleaned up. */
    @Override
    public void close() {
        closing = true;
        listener.close();
        long deadlineNanos = System.nanoTime() + END_TIMEOUT_MILLIS * 1_000_000L;
        join(acceptor, deadlineNanos);
        Map<ControlConnection, Session> open = Map.copyOf(sessions);
        open.keySet().forEach(ControlConnection::shutdown);
        open.values().forEach(session -> join(session.thread(), deadlineNanos));
        lines.close();
    }

    private static void join(Thread thread, long deadlineNanos) {
        try {
            thread.join(Math.max(1, (deadlineNanos - System.nanoTime()) / 1_000_000));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
