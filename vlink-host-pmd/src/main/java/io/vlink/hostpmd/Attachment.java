// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.control.BadMessageException;
import io.vlink.infra.control.ControlConnection;
import io.vlink.infra.control.ControlException;
import io.vlink.infra.control.ControlMessage;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.OsException;
import io.vlink.spec.control.Request;
import io.vlink.spec.control.Role;
import io.vlink.spec.control.TlvType;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * An attachment to a link of a running agent: the control connection, which is the attachment as far as the agent is
 * concerned, and the three memories that came over it. A thread waits for the connection's end and then tries to attach again
 * for as long as it takes; meanwhile the memories stay, and with them the traffic. Open and close belong to one thread.
 */
final class Attachment implements AgentLink {
    private static final Duration REPLY_LIMIT = Duration.ofSeconds(30);
    private static final Duration DETACH_LIMIT = Duration.ofSeconds(2);
    private static final long FIRST_PAUSE_MILLIS = 20;
    private static final long LONGEST_PAUSE_MILLIS = 1_000;

    private final String link;
    private final RunDirectory runDirectory;
    private final AttachedMemory memory;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread watcher;
    /** The one that is watched, or that is being tried; null between two tries. Guarded by this. */
    private ControlConnection connection;
    private volatile AgentState state = AgentState.ATTACHED;
    private volatile Runnable onReturn = () -> {
    };

    private Attachment(String link, RunDirectory runDirectory, ControlConnection connection, AttachedMemory memory) {
        this.link = link;
        this.runDirectory = runDirectory;
        this.connection = connection;
        this.memory = memory;
        this.watcher = Thread.ofPlatform().daemon().name("agent-watch").start(this::watch);
    }

    /**
     * Attaches.
     *
     * @param link         name of the link
     * @param runDirectory the agent's run directory
     * @return the attachment
     * @throws AttachException with the agent's reason, or what keeps it from answering
     */
    static Attachment open(String link, Path runDirectory) {
        ControlConnection connection = null;
        try {
            RunDirectory directory = new RunDirectory(runDirectory);
            connection = directory.connect();
            AttachedMemory memory = AttachedMemory.map(ask(connection, link));
            return new Attachment(link, directory, connection, memory);
        } catch (ControlException | OsException | IllegalArgumentException failure) {
            if (connection != null) {
                connection.close();
            }
            throw new AttachException(failure.getMessage(), failure);
        }
    }

    private static ControlConnection.Received ask(ControlConnection connection, String link) {
        ControlMessage request = ControlMessage.request(Role.DRIVER, Request.ATTACH_LINK)
                .addText(TlvType.LINK_NAME, link).build();
        return connection.request(request, AttachedMemory.COUNT, REPLY_LIMIT);
    }

    private void watch() {
        ControlConnection watched = current();
        while (watched != null) {
            awaitEnd(watched);
            if (isClosing()) {
                return;
            }
            state = AgentState.AWAY;
            watched.close();
            watched = attachAgain();
        }
    }

    /** The agent speaks only when spoken to, so anything that comes is the reply to the detach, or the end. */
    private static void awaitEnd(ControlConnection watched) {
        try {
            ControlConnection.Received received = watched.receive(0);
            if (received != null) {
                received.closeFds();
            }
        } catch (OsException | BadMessageException | IllegalStateException ended) {
            // However the connection ended, it did.
        }
    }

    /** Tries until the link is ours again; returns the new connection, or null if there is nothing to try any more. */
    private ControlConnection attachAgain() {
        long pauseMillis = FIRST_PAUSE_MILLIS;
        while (!waitedForClosing(pauseMillis)) {
            ControlConnection again = tryAgain();
            if (again != null || state == AgentState.REPLACED) {
                return again;
            }
            pauseMillis = Math.min(2 * pauseMillis, LONGEST_PAUSE_MILLIS);
        }
        return null;
    }

    private ControlConnection tryAgain() {
        ControlConnection tried = null;
        boolean ours = false;
        try {
            tried = runDirectory.connect();
            if (!isCurrent(tried)) {
                return null;
            }
            ControlConnection.Received reply = ask(tried, link);
            ours = memory.isSame(reply.fds());
            reply.closeFds();
            if (ours) {
                onReturn.run();
            }
            state = ours ? AgentState.ATTACHED : AgentState.REPLACED;
            return ours ? tried : null;
        } catch (ControlException | OsException | IllegalStateException | UncheckedIOException notYet) {
            return null;
        } finally {
            if (!ours && tried != null) {
                tried.close();
            }
        }
    }

    /** Makes a connection the one that {@link #close} ends; false if that has been called. */
    private synchronized boolean isCurrent(ControlConnection tried) {
        connection = tried;
        return !isClosing();
    }

    private synchronized ControlConnection current() {
        return connection;
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    private boolean waitedForClosing(long millis) {
        try {
            return closing.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    LinkMemory memory() {
        return memory.link();
    }

    @Override
    public AgentState state() {
        return state;
    }

    @Override
    public void onReturn(Runnable action) {
        onReturn = action;
    }

    /** Detaches and waits for the agent to agree, so that the link can be attached to again at once. */
    @Override
    public void close() {
        ControlConnection last;
        synchronized (this) {
            closing.countDown();
            last = connection;
        }
        if (state == AgentState.ATTACHED) {
            detach(last);
        }
        last.shutdown();
        join();
        last.close();
        memory.close();
    }

    private void detach(ControlConnection last) {
        try {
            // The watcher takes the reply: sending and receiving share nothing but the socket.
            last.send(ControlMessage.request(Role.DRIVER, Request.DETACH_LINK).build(), List.of());
            join();
        } catch (OsException | IllegalStateException agentGone) {
            state = AgentState.AWAY;
        }
    }

    private void join() {
        try {
            watcher.join(DETACH_LIMIT);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
