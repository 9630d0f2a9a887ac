// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import io.vlink.infra.os.DescriptorLimit;
import io.vlink.infra.os.Errno;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.FdShortageException;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.UnixConnection;
import io.vlink.spec.keeper.KeeperMessageType;
import io.vlink.spec.keeper.KeeperProtocol;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** An agent's connection, on the keeper's side. Its own thread runs it; any thread may ask whether the agent has gone. */
final class KeeperSession implements Runnable {
    /** An agent that takes no reply for this long is not one. */
    private static final long SEND_MILLIS = 10_000;

    private final UnixConnection connection;
    private final KeeperEntries entries;
    private final LongConsumer linger;
    private final Runnable end;
    private final Consumer<String> log;
    private final KeeperTransport transport;
    private final int pid;

    /**
     * Takes over a connection.
     *
     * @param connection closed at the end of {@link #run}
     * @param entries    what is kept
     * @param linger     told how long the keeper is to stay without anybody, in milliseconds
     * @param end        ends the keeper, with everything that it keeps
     * @param log        for lines
     */
    KeeperSession(UnixConnection connection, KeeperEntries entries, LongConsumer linger, Runnable end,
            Consumer<String> log) {
        this.connection = connection;
        this.entries = entries;
        this.linger = linger;
        this.end = end;
        this.log = log;
        this.transport = new KeeperTransport(connection);
        this.pid = connection.peer().pid();
    }

    /** {@return the agent's process} */
    int pid() {
        return pid;
    }

    /** {@return whether the agent's end is closed, although what it sent last may still be under way} */
    boolean agentHasGone() {
        try {
            return connection.hungUp();
        } catch (IllegalStateException closed) {
            return true;
        }
    }

    /** Serves the agent until it goes, or breaks the protocol. */
    @Override
    public void run() {
        try {
            connection.sendTimeout(SEND_MILLIS);
            connection.receiveTimeout(KeeperProtocol.HELLO_MILLIS);
            if (hello()) {
                connection.receiveTimeout(0);
                serve();
                log.accept("event=agent_gone pid=" + pid + " entries=" + entries.size());
            }
        } catch (KeeperException e) {
            log.accept("event=connection_ended pid=" + pid + " reason=\"" + e.getMessage() + "\"");
            refuse(e.getMessage());
        } catch (OsException e) {
            log.accept("event=connection_ended pid=" + pid + " reason=" + Errno.name(e.errno()));
        } catch (IllegalStateException closed) {
            log.accept("event=connection_ended pid=" + pid + " reason=closed");
        } finally {
            connection.close();
        }
    }

    private boolean hello() {
        try (KeeperMessage first = transport.receive()) {
            if (first == null) {
                return false;
            }
            if (first.type() != KeeperMessageType.HELLO) {
                throw new KeeperException("HELLO must come first: type=" + first.type());
            }
            linger.accept(first.lingerMillis());
            log.accept("event=agent_connected pid=" + pid + " entries=" + entries.size());
            transport.send(KeeperMessage.ok(entries.size()));
            return true;
        }
    }

    private void serve() {
        while (true) {
            KeeperMessage message;
            try {
                message = transport.receive();
            } catch (FdShortageException e) {
                refused("an entry", "descriptors short in the keeper: " + DescriptorLimit.REMEDY
                        + ", then kill the keeper: pid=" + ProcessHandle.current().pid());
                continue;
            }
            if (message == null) {
                return;
            }
            boolean kept = false;
            try {
                switch (message.type()) {
                    case PUT -> kept = put(message);
                    case REMOVE -> {
                        entries.remove(message.key());
                        transport.send(KeeperMessage.ok(entries.size()));
                    }
                    case FETCH -> fetch();
                    case END -> {
                        end.run();
                        transport.send(KeeperMessage.ok(0));
                        return;
                    }
                    default -> throw new KeeperException("an agent does not send this: type=" + message.type());
                }
            } finally {
                if (!kept) {
                    message.close();
                }
            }
        }
    }

    /** From here on the descriptors are the entries', also if the reply cannot be sent. */
    private boolean put(KeeperMessage message) {
        String refused = entries.put(new Kept(message.key(), message.body(), message.fds()));
        if (refused != null) {
            refused(message.key(), refused);
            return false;
        }
        reply();
        return true;
    }

    private void refused(String key, String why) {
        log.accept("event=put_refused key=" + key + " reason=\"" + why + "\"");
        transport.send(KeeperMessage.refused(why));
    }

    /** A reply that cannot be sent is found out by the next receive, which must not undo what was done. */
    private void reply() {
        try {
            transport.send(KeeperMessage.ok(entries.size()));
        } catch (OsException e) {
            log.accept("event=reply_not_sent pid=" + pid + " reason=" + Errno.name(e.errno()));
            connection.shutdown();
        }
    }

    private void fetch() {
        List<Kept> all = entries.all();
        for (Kept entry : all) {
            List<Fd> fds = entry.fds();
            transport.send(new KeeperMessage(KeeperMessageType.ENTRY, entry.key(), entry.state(), fds));
        }
        transport.send(KeeperMessage.ok(all.size()));
    }

    private void refuse(String reason) {
        try {
            transport.send(KeeperMessage.refused(reason));
        } catch (OsException | IllegalStateException gone) {
            log.accept("event=reply_not_sent pid=" + pid);
        }
    }
}
