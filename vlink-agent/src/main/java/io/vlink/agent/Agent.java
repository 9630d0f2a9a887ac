// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import io.vlink.agent.control.ControlServer;
import io.vlink.agent.control.PeerCheck;
import io.vlink.agent.domain.Inventory;
import io.vlink.agent.domain.Keeping;
import io.vlink.agent.domain.Region;
import io.vlink.agent.domain.ReportWriter;
import io.vlink.agent.keeper.KeeperFiles;
import io.vlink.infra.command.BuildVersion;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.UnixListener;
import io.vlink.infra.region.MemorySize;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running agent: run directory, regions, control socket. {@link #close} may come from any thread, also while
 * {@link #start} runs; then it waits for that.
 */
public final class Agent implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Agent.class);
    private static final int BACKLOG = 64;

    private final AgentSettings settings;
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final long startedNanos = System.nanoTime();
    private boolean closed;
    private Inventory inventory;
    private String readyLine;

    /**
     * Does nothing yet.
     *
     * @param settings what to start with
     */
    public Agent(AgentSettings settings) {
        this.settings = settings;
    }

    /**
     * Starts everything. After a failure nothing is left behind.
     *
     * @return this agent
     * @throws StartException if the run directory or a socket cannot be used
     * @throws io.vlink.infra.region.RegionException if memory is short
     * @throws OsException if the system refuses something else
     */
    public synchronized Agent start() {
        if (closed) {
            throw new StartException("the agent was stopped before it was ready");
        }
        try {
            startParts();
            return this;
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private void startParts() {
        SocketAccess access = SocketAccess.of(settings.socketMode(), settings.socketOwner(),
                settings.socketGroup(), settings.allowed());
        PeerCheck check = new PeerCheck(RunDirectory.ownUid(), access::admits);
        RunDirectory directory = settings.runDirectory();
        AgentStore kept = openStore(HeldRunDirectory.take(directory, access));
        UnixListener socket = listen(directory, access);
        parts.push(socket);
        Keeping keeping = new Keeping(kept.store(), kept.found());
        inventory = new Inventory(settings.regions(), directory::deviceSocket,
                new VfioDeviceServers(access, check, keeping),
                keeping);
        parts.push(inventory);
        ControlServer server = new ControlServer(socket, inventory, check, this::facts, directory::deviceSocket);
        parts.push(server);
        kept.ready();
        Region first = inventory.firstRegion();
        readyLine = "virt_compute ready run_dir=" + directory.path() + " memory=" + MemorySize.format(first.bytes())
                + " page_size=" + MemorySize.format(1L << first.pageShift()) + " pages=" + first.pageCount()
                + (first.pageSize().isHuge() ? "" : " hugepages=no");
        LOG.info("event=agent_ready pid={} run_dir={} memory={} page_bytes={} pages={} hugepages={}",
                ProcessHandle.current().pid(), directory.path(), MemorySize.format(first.bytes()),
                1L << first.pageShift(), first.pageCount(), first.pageSize().isHuge());
    }

    private AgentStore openStore(HeldRunDirectory held) {
        parts.push(held);
        AgentStore opened;
        try {
            opened = AgentStore.open(held.directory(), settings.keeper());
        } catch (RuntimeException e) {
            if (Files.exists(KeeperFiles.socket(held.directory()))) {
                // Some keeper lives, with what the next agent may be able to take over.
                held.leave();
            }
            throw e;
        }
        parts.push(() -> {
            opened.close();
            if (opened.leavesItToTheNext()) {
                held.leave();
            }
        });
        held.removeLeftovers(opened.listening());
        return opened;
    }

    private static UnixListener listen(RunDirectory directory, SocketAccess access) {
        Path path = directory.controlSocket();
        try {
            UnixListener listener = UnixListener.bind(path, BACKLOG, Set.of());
            try {
                access.apply(path);
            } catch (RuntimeException e) {
                listener.close();
                throw e;
            }
            return listener;
        } catch (OsException | UncheckedIOException e) {
            throw new StartException("no control socket: " + e.getMessage(), e);
        }
    }

    private ReportWriter.AgentFacts facts() {
        return new ReportWriter.AgentFacts(ProcessHandle.current().pid(), BuildVersion.text(),
                settings.runDirectory().path().toString(), (System.nanoTime() - startedNanos) / 1_000_000_000L);
    }

    /** {@return the line that says what the agent has, for whoever waits for it} */
    public synchronized String readyLine() {
        return readyLine;
    }

    /** {@return what the agent owns, for tests in the same process} */
    public synchronized Inventory inventory() {
        return inventory;
    }

    /** Stops everything in reverse order and removes every file, socket and directory that the start made. */
    @Override
    public synchronized void close() {
        closed = true;
        if (inventory != null) {
            inventory.leaveLanesAlone();
        }
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                LOG.error("event=stop_failed error={}", e.toString(), e);
            }
        }
    }
}
