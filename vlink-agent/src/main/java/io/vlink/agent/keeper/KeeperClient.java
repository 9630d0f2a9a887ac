// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import io.vlink.agent.limits.LineLimit;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.DescriptorLimit;
import io.vlink.infra.os.Errno;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.FdShortageException;
import io.vlink.infra.os.OsException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store that is a keeper process of the agent's run directory. It remembers what it put, so that a keeper that dies is
 * replaced by another that gets everything again. For any thread; the agent must hold the run directory's lock.
 */
public final class KeeperClient implements FdStore {
    private static final Logger LOG = LoggerFactory.getLogger(KeeperClient.class);
    private static final long FIRST_RETRY_MILLIS = 1_000;
    private static final long LAST_RETRY_MILLIS = 60_000;

    private final RunDirectory directory;
    private final long lingerMillis;
    private final Map<String, Kept> entries = new LinkedHashMap<>();
    /** Keys of entries that the keeper does not have, because it had no room when they were put. */
    private final Set<String> refused = new LinkedHashSet<>();
    /** A device's client is an entry, and may come and go as often as it likes. */
    private final LineLimit lines = new LineLimit("store", "keeper");
    private final Thread watch;
    private KeeperLink link;
    private boolean closed;

    private KeeperClient(RunDirectory directory, Duration linger) {
        this.directory = directory;
        this.lingerMillis = linger.toMillis();
        this.watch = Thread.ofPlatform().daemon().name("keeper-watch").unstarted(this::watch);
    }

    /**
     * Finds the living keeper of a run directory, with what a dead agent left in it, or starts one.
     *
     * @param directory of the agent, which holds its lock
     * @param linger    how long the keeper is to stay when no agent and nobody else is connected any more
     * @return the store
     * @throws KeeperException if there is none to be had; what a living one keeps is not touched
     */
    public static KeeperClient open(RunDirectory directory, Duration linger) {
        KeeperClient client = new KeeperClient(directory, linger);
        KeeperLink link = KeeperSearch.findOrStart(directory, client.lingerMillis);
        try {
            link.fetch().forEach(entry -> client.entries.put(entry.key(), entry));
        } catch (FdShortageException e) {
            link.close();
            throw new KeeperException("descriptors short: this agent may open fewer than the keeper holds: run_dir="
                    + directory.path() + " limit=" + DescriptorLimit.ofThisProcess() + ": " + DescriptorLimit.REMEDY,
                    e);
        } catch (OsException e) {
            link.close();
            throw new KeeperException("the keeper does not answer: run_dir=" + directory.path() + " pid=" + link.pid()
                    + " reason=\"" + e.getMessage() + "\": end it by hand, then nothing can be adopted", e);
        } catch (KeeperException e) {
            link.close();
            throw e;
        }
        LOG.debug("event=keeper_connected pid={} entries={}", link.pid(), client.entries.size());
        client.link = link;
        client.watch.start();
        return client;
    }

    /** {@return the keeper's process id; -1 while there is none} */
    public synchronized int pid() {
        return link == null ? -1 : link.pid();
    }

    @Override
    public synchronized void put(String key, byte[] state, List<Fd> fds) {
        int keyBytes = key.getBytes(StandardCharsets.UTF_8).length;
        if (keyBytes == 0 || keyBytes > MAX_KEY_BYTES || state.length > MAX_STATE_BYTES || fds.size() > MAX_FDS) {
            throw new IllegalArgumentException("an entry must keep to the limits: key=" + key + " key_bytes=" + keyBytes
                    + " state_bytes=" + state.length + " fds=" + fds.size());
        }
        checkOpen();
        Kept entry = new Kept(key, state.clone(), duplicates(fds));
        Kept old = entries.put(key, entry);
        if (old != null) {
            old.close();
        }
        whileLinked(() -> {
            handRefused();
            hand(entry);
        });
    }

    @Override
    public synchronized void remove(String key) {
        checkOpen();
        Kept old = entries.remove(key);
        if (old != null) {
            old.close();
            refused.remove(key);
            whileLinked(() -> {
                link.remove(key);
                handRefused();
            });
        }
    }

    @Override
    public synchronized List<Kept> fetchAll() {
        checkOpen();
        List<Kept> all = new ArrayList<>();
        try {
            entries.values().forEach(
                    entry -> all.add(new Kept(entry.key(), entry.state().clone(), duplicates(entry.fds()))));
            return all;
        } catch (RuntimeException e) {
            all.forEach(Kept::close);
            throw e;
        }
    }

    /** Ends the keeper's process, waits for that, and removes its files. */
    @Override
    public synchronized void end() {
        if (closed) {
            return;
        }
        if (link != null) {
            try {
                link.end();
                LOG.debug("event=keeper_ended pid={}", link.pid());
            } catch (OsException | KeeperException e) {
                LOG.warn("event=keeper_killed pid={} error={}", link.pid(), e.getMessage());
                link.kill();
            }
        }
        KeeperFiles.remove(directory);
        close();
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        lines.close();
        if (link != null) {
            link.close();
        }
        entries.values().forEach(Kept::close);
        entries.clear();
        notifyAll();
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the store is closed: run_dir=" + directory.path());
        }
    }

    private static List<Fd> duplicates(List<Fd> fds) {
        List<Fd> copies = new ArrayList<>(fds.size());
        try {
            fds.forEach(fd -> copies.add(fd.duplicate()));
            return copies;
        } catch (RuntimeException e) {
            copies.forEach(Fd::close);
            throw e;
        }
    }

    private void hand(Kept entry) {
        String reason = link.put(entry);
        if (reason != null && !refused.contains(entry.key())) {
            // What it has under this key is not true any more, and makes room.
            link.remove(entry.key());
            reason = link.put(entry);
        }
        if (reason == null) {
            if (refused.remove(entry.key())) {
                lines.info(LOG, "event=kept_after_all key={}", entry.key());
            }
        } else if (refused.add(entry.key())) {
            lines.error(LOG, "event=not_kept key={} reason=\"{}\": what it stands for would not survive this agent",
                    entry.key(), reason);
        }
    }

    /** Tries each that the keeper refused: where a large one still has no room, a small one may. */
    private void handRefused() {
        List.copyOf(refused).forEach(key -> hand(entries.get(key)));
    }

    /** Does it with the keeper that there is, or hands all that is remembered to another one, which amounts to the same. */
    private void whileLinked(Runnable request) {
        if (link == null) {
            return;
        }
        try {
            request.run();
        } catch (OsException | KeeperException e) {
            lost(e.getMessage(), !(e instanceof OsException os) || os.errno() == Errno.EAGAIN);
        }
    }

    private void lost(String reason, boolean alive) {
        LOG.warn("event=keeper_lost pid={} reason=\"{}\"", link.pid(), reason);
        if (alive) {
            // It holds nothing that is not remembered here, and its place is needed.
            link.kill();
        }
        link.close();
        link = null;
        replace();
    }

    /** Makes another keeper the one that keeps everything. */
    private boolean replace() {
        KeeperLink next = null;
        try {
            next = KeeperSearch.findOrStart(directory, lingerMillis);
            link = next;
            refused.clear();
            forgetOthers();
            entries.values().forEach(this::hand);
            LOG.info("event=keeper_replaced pid={} entries={}", link.pid(), entries.size());
            return true;
        } catch (OsException | KeeperException e) {
            LOG.error(
                    "event=nothing_is_kept error=\"{}\": a crash of this agent cannot be recovered until this succeeds",
                    e.getMessage());
            if (next != null) {
                next.close();
            }
            link = null;
            return false;
        }
    }

    /** A keeper that was found may have what was removed meanwhile. */
    private void forgetOthers() {
        Set<String> others = new HashSet<>();
        for (Kept entry : link.fetch()) {
            try (entry) {
                others.add(entry.key());
            }
        }
        others.removeAll(entries.keySet());
        others.forEach(link::remove);
    }

    private void watch() {
        try {
            while (true) {
                KeeperLink watched = linked();
                if (watched == null) {
                    return;
                }
                try {
                    watched.awaitHangUp();
                } catch (IllegalStateException closed) {
                    // Another thread has replaced it, or closed this store.
                    continue;
                }
                gone(watched);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void gone(KeeperLink watched) {
        if (!closed && link == watched) {
            lost("it has gone", false);
        }
    }

    /** The keeper, once there is one; null once this store is closed. */
    private synchronized KeeperLink linked() throws InterruptedException {
        long pause = FIRST_RETRY_MILLIS;
        while (!closed && link == null) {
            TimeUnit.MILLISECONDS.timedWait(this, pause);
            pause = Math.min(2 * pause, LAST_RETRY_MILLIS);
            if (!closed && link == null) {
                replace();
            }
        }
        return closed ? null : link;
    }
}
