// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import io.vlink.agent.device.PciVlinkDevice;
import io.vlink.agent.limits.LineLimit;
import io.vlink.infra.os.Errno;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.PeerCredentials;
import io.vlink.infra.os.UnixConnection;
import io.vlink.infra.os.UnixListener;
import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.infra.vfiouser.VfioUserTransport;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves one domain's device on a Unix socket to one client at a time. A client that comes while another is there waits for
 * {@value #TAKEOVER_MILLIS} ms, because a QEMU that plugs the device out and in again is back before its old connection is taken
 * down; then its first message is answered with EBUSY. A place is for who has sent a whole message: silent peers keep nobody
 * from the device. Any thread may call; no client can stop the server.
 */
public final class VfioUserServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VfioUserServer.class);
    /** Connections that may wait to be accepted. */
    public static final int BACKLOG = 4;
    /** Connections at once that speak: the client, and those that wait for it to go. */
    private static final int MAX_CONNECTIONS = 8;
    /** Connections at once on which nothing was said yet; of more, the oldest are closed. */
    private static final int MAX_SILENT = 8;
    /** How long a peer may take for its first message, in milliseconds. */
    private static final long FIRST_MESSAGE_MILLIS = 2_000;
    /** How long a second client may wait for the first to go, in milliseconds; less than a QEMU's patience of 5 s. */
    private static final long TAKEOVER_MILLIS = 2_000;
    /** How long closing waits for each thread, in milliseconds. */
    private static final long CLOSE_MILLIS = 3_000;

    private final String domain;
    private final LineLimit lines;
    private final PciVlinkDevice device;
    private final UnixListener listener;
    private final ClientMemory memory;
    private final ClientKeeper keeper;
    private final Predicate<PeerCredentials> allowed;
    private final Thread acceptor;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition clientGone = lock.newCondition();
    /** Every open connection with its thread. Guarded by the lock. */
    private final Map<UnixConnection, Thread> connections = new HashMap<>();
    /** Those of them that have said nothing, oldest first. Guarded by the lock. */
    private final Set<UnixConnection> silent = new LinkedHashSet<>();
    /** Those that have sent a whole message. Not all the others: a silent one stays until its thread has seen its end. */
    private final Set<UnixConnection> speaking = new HashSet<>();
    /** The one that is served, or null. Guarded by the lock. */
    private UnixConnection client;
    /** Guarded by the lock. */
    private boolean closed;

    private VfioUserServer(String domain, UnixListener listener, PciVlinkDevice device, ClientMemory memory,
            ClientKeeper keeper, Predicate<PeerCredentials> allowed) {
        this.domain = domain;
        this.lines = new LineLimit("vm_domain", domain);
        this.device = device;
        this.listener = listener;
        this.memory = memory;
        this.keeper = keeper;
        this.allowed = allowed;
        this.acceptor = thread("vfio-user accept " + domain, this::accept);
    }

    /**
     * Serves whoever connects, until it is closed.
     *
     * @param domain   the domain's name, for the log
     * @param listener where clients connect; belongs to the server from now on
     * @param device   the device to serve
     * @param memory   what is remembered of the client; the server's own
     * @param keeper   keeps the client's descriptors for the case that this process ends
     * @param allowed  who may connect
     * @return the running server
     */
    public static VfioUserServer start(String domain, UnixListener listener, PciVlinkDevice device, ClientMemory memory,
            ClientKeeper keeper, Predicate<PeerCredentials> allowed) {
        var server = new VfioUserServer(domain, listener, device, memory, keeper, allowed);
        server.acceptor.start();
        return server;
    }

    /**
     * Goes on where another process ended: the client, if there is one, is served before anybody else. When this returns, the
     * device has said whether it is in use.
     *
     * @param domain   the domain's name, for the log
     * @param listener where clients connect; belongs to the server from now on
     * @param device   the device to serve, in the state that the other process left
     * @param memory   what that process remembered of the client
     * @param keeper   keeps the client's descriptors
     * @param allowed  who may connect
     * @param client   the client's connection, the server's from now on, or null
     * @return the running server
     */
    public static VfioUserServer resume(String domain, UnixListener listener, PciVlinkDevice device,
            ClientMemory memory, ClientKeeper keeper, Predicate<PeerCredentials> allowed, UnixConnection client) {
        var server = new VfioUserServer(domain, listener, device, memory, keeper, allowed);
        if (client == null || !memory.agreed()) {
            device.disconnect();
        } else {
            device.connect();
        }
        if (client == null) {
            memory.clear();
        } else {
            server.goOnWith(client);
        }
        server.acceptor.start();
        return server;
    }

    private void goOnWith(UnixConnection last) {
        lock.lock();
        try {
            Thread thread = thread("vfio-user " + domain, () -> {
                try {
                    LOG.info("event=device_client_adopted vm_domain={} {}", domain, describe(last));
                    serve(last);
                } finally {
                    last.close();
                    gone(last);
                }
            });
            client = last;
            connections.put(last, thread);
            speaking.add(last);
            thread.start();
        } finally {
            lock.unlock();
        }
    }

    /** {@return the path of the socket} */
    public Path socket() {
        return listener.path();
    }

    /** {@return whether a client is connected, if only to send its first message} */
    public boolean hasClient() {
        lock.lock();
        try {
            return client != null;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Stops listening, removes the socket file, ends the client's connection and waits until its thread has told the domain,
     * for a few seconds at most. The caller holds no lock that {@link io.vlink.agent.device.DeviceEvents} need. May be called
     * again, and from an event.
     */
    @Override
    public void close() {
        List<Thread> running;
        lock.lock();
        try {
            closed = true;
            clientGone.signalAll();
            connections.keySet().forEach(UnixConnection::shutdown);
            running = List.copyOf(connections.values());
        } finally {
            lock.unlock();
        }
        listener.close();
        join(acceptor);
        running.forEach(this::join);
        lines.close();
    }

    private void accept() {
        while (true) {
            UnixConnection connection = null;
            try {
                connection = listener.accept();
            } catch (RuntimeException e) {
                LOG.error("event=device_socket_failed vm_domain={} path={} error=no client can connect any more: {}",
                        domain,
                        listener.path(), e.getMessage());
            }
            if (connection == null) {
                return;
            }
            if (!attended(connection)) {
                connection.close();
            }
        }
    }

    /** Gives a connection its thread, and the oldest silent one its end where there are too many; false on closing. */
    private boolean attended(UnixConnection connection) {
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            if (silent.size() == MAX_SILENT) {
                UnixConnection oldest = silent.iterator().next();
                silent.remove(oldest);
                oldest.shutdown();
            }
            silent.add(connection);
            Thread thread = thread("vfio-user " + domain, () -> attend(connection));
            connections.put(connection, thread);
            thread.start();
            return true;
        } catch (OutOfMemoryError noThread) {
            connections.remove(connection);
            silent.remove(connection);
            lines.error(LOG, "event=device_client_refused vm_domain={} error=no thread for it: {}: raise \"ulimit -u\"",
                    domain,
                    noThread.getMessage());
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void attend(UnixConnection connection) {
        String peer = describe(connection);
        try {
            if (!mayConnect(connection)) {
                lines.warn(LOG, "event=device_client_refused vm_domain={} {} error=this user may not use the agent",
                        domain,
                        peer);
            } else if (!FirstMessage.isThere(connection, FIRST_MESSAGE_MILLIS)) {
                lines.info(LOG, "event=device_peer_silent vm_domain={} {}", domain, peer);
            } else if (!isOneTooMany(connection) && becomesClient(connection)) {
                lines.info(LOG, "event=device_client_connected vm_domain={} {}", domain, peer);
                memory.clear();
                keep(connection, peer);
            } else if (listening()) {
                lines.warn(LOG, "event=device_client_turned_away vm_domain={} {} error=another client is there", domain,
                        peer);
                turnAway(connection, Errno.EBUSY);
            }
        } catch (OsException | IllegalStateException e) {
            LOG.debug("event=device_peer_lost vm_domain={} {} error={}", domain, peer, e.getMessage());
        } finally {
            connection.close();
            gone(connection);
        }
    }

    private boolean mayConnect(UnixConnection connection) {
        return allowed.test(connection.peer());
    }

    /** Serves a client, unless it cannot be kept: it would lose its device with this process. */
    private void keep(UnixConnection connection, String peer) {
        try {
            keeper.keep(connection.fd(), null);
        } catch (OsException e) {
            lines.warn(LOG, "event=device_client_turned_away vm_domain={} {} error={}", domain, peer, e.getMessage());
            turnAway(connection, e.errno());
            return;
        }
        serve(connection);
    }

    /** Counts a connection among those that speak. */
    private boolean isOneTooMany(UnixConnection connection) {
        lock.lock();
        try {
            silent.remove(connection);
            speaking.add(connection);
            return speaking.size() > MAX_CONNECTIONS;
        } finally {
            lock.unlock();
        }
    }

    /** Serves the client to its end, and has it forgotten: then nobody holds the other end of its connection any more. */
    private void serve(UnixConnection connection) {
        try {
            new ClientSession(domain, lines, device, connection, memory, keeper).serve();
        } finally {
            connection.shutdown();
            keeper.forget();
        }
    }

    /** Waits for the place of the client; false where that takes too long or the server closes. */
    private boolean becomesClient(UnixConnection connection) {
        lock.lock();
        try {
            long nanos = TimeUnit.MILLISECONDS.toNanos(TAKEOVER_MILLIS);
            while (client != null && !closed && nanos > 0) {
                nanos = clientGone.awaitNanos(nanos);
            }
            if (client != null || closed) {
                return false;
            }
            client = connection;
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Answers the first message with an error and lets the client hang up: QEMU 11.1 aborts where the server does so first. */
    private static void turnAway(UnixConnection connection, int errno) {
        var transport = new VfioUserTransport(connection);
        try {
            connection.receiveTimeout(TAKEOVER_MILLIS);
            connection.sendTimeout(TAKEOVER_MILLIS);
            try (VfioUserMessage request = transport.receive()) {
                if (request != null) {
                    transport.send(request.errorReply(errno));
                    connection.readable(TAKEOVER_MILLIS);
                }
            }
        } catch (RuntimeException e) {
            LOG.debug("event=device_client_left_unanswered error={}", e.getMessage());
        }
    }

    private boolean listening() {
        lock.lock();
        try {
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    private void gone(UnixConnection connection) {
        lock.lock();
        try {
            connections.remove(connection);
            silent.remove(connection);
            speaking.remove(connection);
            if (connection.equals(client)) {
                client = null;
                clientGone.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private static String describe(UnixConnection connection) {
        try {
            PeerCredentials peer = connection.peer();
            return "pid=" + peer.pid() + " uid=" + peer.uid();
        } catch (OsException e) {
            return "pid=unknown";
        }
    }

    private static Thread thread(String name, Runnable task) {
        return Thread.ofPlatform().daemon().name(name).unstarted(task);
    }

    private void join(Thread thread) {
        if (thread.equals(Thread.currentThread())) {
            return;
        }
        try {
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            LOG.warn("event=device_server_slow_to_stop vm_domain={} thread=\"{}\"", domain, thread.getName());
        }
    }
}
