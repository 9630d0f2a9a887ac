// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import io.vlink.agent.keeper.FdStore;
import io.vlink.agent.keeper.KeeperClient;
import io.vlink.agent.keeper.KeeperException;
import io.vlink.agent.keeper.KeeperSearch;
import io.vlink.agent.keeper.Kept;
import io.vlink.agent.keeper.NoStore;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.UnixListener;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What outlives an agent, with what a dead agent left in it. One thread. */
final class AgentStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AgentStore.class);

    private final FdStore store;
    private final List<Kept> found;
    private boolean ready;

    private AgentStore(FdStore store, List<Kept> found) {
        this.store = store;
        this.found = found;
    }

    /**
     * Opens the store of a run directory whose lock this agent holds.
     *
     * @throws StartException if a keeper is asked for and not to be had; what a living one keeps is not touched
     */
    static AgentStore open(RunDirectory directory, KeeperSettings settings) {
        if (!settings.used()) {
            KeeperSearch.endLeftOver(directory);
            return new AgentStore(new NoStore(), List.of());
        }
        FdStore store = null;
        try {
            store = KeeperClient.open(directory, settings.linger());
            return new AgentStore(store, store.fetchAll());
        } catch (KeeperException | OsException e) {
            if (store != null) {
                store.close();
            }
            throw new StartException(e.getMessage(), e);
        }
    }

    /** {@return where to put what is to outlive the agent} */
    FdStore store() {
        return store;
    }

    /** {@return what a dead agent left; whoever adopts an entry takes its descriptors, the others are closed in the end} */
    List<Kept> found() {
        return found;
    }

    /** {@return the paths that found sockets listen at} */
    Set<Path> listening() {
        return found.stream().flatMap(entry -> entry.fds().stream()).map(UnixListener::pathOf).filter(Objects::nonNull)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Says that the agent runs: from now on {@link #close} is an orderly stop. */
    void ready() {
        ready = true;
        if (store instanceof KeeperClient keeper) {
            LOG.info("event=keeper_ready pid={} found={}", keeper.pid(), found.size());
        }
    }

    /** {@return whether the next agent is to find what this one found, because this one never came to run} */
    boolean leavesItToTheNext() {
        return !ready && !found.isEmpty();
    }

    /** Forgets everything for good after an orderly stop, or a start with nothing to adopt. */
    @Override
    public void close() {
        found.forEach(Kept::close);
        if (leavesItToTheNext()) {
            store.close();
        } else {
            store.end();
        }
    }
}
