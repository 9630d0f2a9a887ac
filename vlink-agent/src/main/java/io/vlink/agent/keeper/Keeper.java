// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import io.vlink.infra.os.OsException;
import io.vlink.infra.os.PeerCredentials;
import io.vlink.infra.os.UnixConnection;
import io.vlink.infra.os.UnixListener;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Serves one agent after the other, and keeps their entries meanwhile. It ends when an agent says so, or when there has been
 * no agent for long and nobody holds the other end of a kept connection. One thread runs {@link #serve}; any may close.
 */
final class Keeper implements AutoCloseable {
    /** How long the first agent may take, which started this keeper. */
    static final long FIRST_AGENT_MILLIS = 10_000;
    /** How often a keeper without an agent looks whether anybody is still connected. */
    private static final long LOOK_MILLIS = 250;
    private static final long GONE_MILLIS = 5_000;

    private final UnixListener listener;
    private final int ownUid;
    private final Consumer<String> log;
    private final KeeperEntries entries = new KeeperEntries();
    private KeeperSession session;
    private Thread serving;
    private boolean agentIsHere;
    private long lingerMillis = FIRST_AGENT_MILLIS;
    private boolean ended;

    /**
     * Makes a keeper.
     *
     * @param listener where agents come; closed at the end
     * @param ownUid   the user whose agents may come, besides root's
     * @param log      for lines
     */
    Keeper(UnixListener listener, int ownUid, Consumer<String> log) {
        this.listener = listener;
        this.ownUid = ownUid;
        this.log = log;
    }

    /** Serves until the end; then nothing is kept, no descriptor is open, and the socket's path is free. */
    void serve() throws InterruptedException {
        listener.logTo(log);
        Thread watch = Thread.ofPlatform().daemon().name("linger").start(this::watch);
        for (UnixConnection next = listener.accept(); next != null; next = listener.accept()) {
            admit(next);
        }
        close();
        watch.join();
        if (serving != null) {
            serving.join(GONE_MILLIS);
        }
    }

    private void admit(UnixConnection next) throws InterruptedException {
        boolean served = false;
        try {
            PeerCredentials peer = next.peer();
            String refused = peer.uid() != ownUid && peer.uid() != 0 ? "not this user: uid=" + peer.uid() : busy();
            if (refused == null) {
                serve(next);
                served = true;
            } else {
                log.accept("event=agent_refused pid=" + peer.pid() + " reason=\"" + refused + "\"");
                next.sendTimeout(LOOK_MILLIS);
                new KeeperTransport(next).send(KeeperMessage.refused(refused));
            }
        } catch (OsException e) {
            log.accept("event=agent_not_served error=\"" + e.getMessage() + "\"");
        } finally {
            if (!served) {
                next.close();
            }
        }
    }

    /** Why the next one cannot be served; null if it can. What a dead agent sent last is done before the next one comes. */
    private String busy() throws InterruptedException {
        if (serving == null) {
            return null;
        }
        if (session.agentHasGone()) {
            serving.join(GONE_MILLIS);
        }
        return serving.isAlive() ? "another agent is connected: pid=" + session.pid() : null;
    }

    private void serve(UnixConnection next) {
        KeeperSession started = new KeeperSession(next, entries, this::lingerFor, this::end, log);
        synchronized (this) {
            session = started;
            agentIsHere = true;
            serving = Thread.ofPlatform().name("agent").start(() -> {
                try {
                    started.run();
                } finally {
                    left(started);
                }
            });
        }
    }

    private synchronized void left(KeeperSession gone) {
        if (session == gone) {
            agentIsHere = false;
            notifyAll();
        }
    }

    private synchronized void lingerFor(long millis) {
        lingerMillis = millis;
    }

    private void end() {
        log.accept("event=keeper_ending reason=\"an agent said so\" entries=" + entries.size());
        close();
    }

    /** Ends the keeper when nobody has been here for long enough. */
    private synchronized void watch() {
        try {
            while (!ended) {
                while (!ended && agentIsHere) {
                    wait();
                }
                long alone = System.nanoTime();
                while (!ended && !agentIsHere) {
                    long left = lingerMillis - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - alone);
                    if (left <= 0 && !entries.somebodyIsConnected()) {
                        log.accept("event=keeper_ending reason=\"no agent, and nobody is connected\" linger_millis="
                                + lingerMillis + " entries=" + entries.size());
                        close();
                    } else {
                        wait(left <= 0 ? LOOK_MILLIS : left);
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends everything; {@link #serve} returns. */
    @Override
    public synchronized void close() {
        if (!ended) {
            ended = true;
            listener.close();
            entries.clear();
            notifyAll();
        }
    }
}
