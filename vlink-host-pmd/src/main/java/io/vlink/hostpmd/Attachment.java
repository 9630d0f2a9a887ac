// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.control.BadMessageException;
import io.vlink.infra.control.ControlConnection;
import io.vlink.infra.control.ControlException;
import io.vlink.infra.control.ControlMessage;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.Mapping;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.Protection;
import io.vlink.infra.os.SharedMemory;
import io.vlink.spec.control.Request;
import io.vlink.spec.control.Role;
import io.vlink.spec.control.TlvType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * An attachment to a link of a running agent: the control connection, which is the attachment as far as the agent is
 * concerned, the three memories that came over it, and a thread that waits for the connection's end. Open and close belong to
 * one thread.
 */
final class Attachment implements AgentLink {
    /** Region, channel memory, link record. */
    private static final int MEMORIES = 3;
    private static final Duration REPLY_LIMIT = Duration.ofSeconds(30);
    private static final Duration DETACH_LIMIT = Duration.ofSeconds(2);

    private final ControlConnection connection;
    private final List<Mapping> mappings;
    private final LinkMemory memory;
    private final Thread watcher;
    private volatile boolean closing;
    private volatile boolean gone;

    private Attachment(ControlConnection connection, List<Mapping> mappings) {
        this.connection = connection;
        this.mappings = mappings;
        this.memory = new LinkMemory(mappings.get(0).segment(), mappings.get(1).segment(),
                mappings.get(2).segment());
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
        List<Mapping> mappings = new ArrayList<>();
        try {
            connection = new RunDirectory(runDirectory).connect();
            ControlMessage request = ControlMessage.request(Role.DRIVER, Request.ATTACH_LINK)
                    .addText(TlvType.LINK_NAME, link).build();
            mapAll(connection.request(request, MEMORIES, REPLY_LIMIT).fds(), mappings);
            return new Attachment(connection, mappings);
        } catch (ControlException | OsException | IllegalArgumentException failure) {
            mappings.forEach(Mapping::close);
            if (connection != null) {
                connection.close();
            }
            throw new AttachException(failure.getMessage(), failure);
        }
    }

    /** Maps the memories; their descriptors are closed on every path, as mappings keep the memory alive. */
    private static void mapAll(List<Fd> fds, List<Mapping> mappings) {
        try {
            for (Fd fd : fds) {
                try (SharedMemory memory = SharedMemory.adopt(fd)) {
                    mappings.add(memory.map(Protection.READ_WRITE));
                }
            }
        } finally {
            fds.forEach(Fd::close);
        }
    }

    /** The agent speaks only when spoken to, so anything that comes is the reply to the detach, or the end. */
    private void watch() {
        try {
            ControlConnection.Received received = connection.receive(0);
            if (received != null) {
                received.closeFds();
            }
        } catch (OsException | BadMessageException ended) {
            // However the connection ended, it did.
        }
        gone = !closing;
    }

    LinkMemory memory() {
        return memory;
    }

    @Override
    public boolean isGone() {
        return gone;
    }

    /** Detaches and waits for the agent to agree, so that the link can be attached to again at once. */
    @Override
    public void close() {
        closing = true;
        if (!gone) {
            try {
                // The watcher takes the reply: sending and receiving share nothing but the socket.
                connection.send(ControlMessage.request(Role.DRIVER, Request.DETACH_LINK).build(), List.of());
                watcher.join(DETACH_LIMIT);
            } catch (OsException agentGone) {
                gone = true;
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        connection.shutdown();
        connection.close();
        mappings.forEach(Mapping::close);
    }
}
