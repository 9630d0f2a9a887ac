// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import static io.vlink.spec.keeper.KeeperProtocol.MAX_ENTRIES;
import static io.vlink.spec.keeper.KeeperProtocol.MAX_TOTAL_BYTES;

import io.vlink.infra.os.Fd;
import io.vlink.infra.os.SocketState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a keeper keeps, with its limits. For any thread. */
final class KeeperEntries {
    private final Map<String, Kept> entries = new LinkedHashMap<>();
    private int totalBytes;

    /**
     * Keeps an entry in the place of the one with its key, whose descriptors are closed.
     *
     * @return null, and the descriptors are kept; or why not, and they are still the caller's
     */
    synchronized String put(Kept entry) {
        Kept old = entries.get(entry.key());
        int bytes = totalBytes + entry.state().length - (old == null ? 0 : old.state().length);
        if (bytes > MAX_TOTAL_BYTES) {
            return "keeper is full: bytes=" + bytes + " limit=" + MAX_TOTAL_BYTES;
        }
        if (old == null && entries.size() >= MAX_ENTRIES) {
            return "keeper is full: entries=" + entries.size() + " limit=" + MAX_ENTRIES;
        }
        entries.put(entry.key(), entry);
        totalBytes = bytes;
        if (old != null) {
            old.close();
        }
        return null;
    }

    /** Forgets an entry, if it is there, and closes its descriptors. */
    synchronized void remove(String key) {
        Kept old = entries.remove(key);
        if (old != null) {
            totalBytes -= old.state().length;
            old.close();
        }
    }

    /** {@return the entries, in the order in which their keys came; their descriptors stay this object's} */
    synchronized List<Kept> all() {
        return List.copyOf(entries.values());
    }

    /** {@return how many there are} */
    synchronized int size() {
        return entries.size();
    }

    /** {@return whether the other end of a kept connection is still open} */
    synchronized boolean somebodyIsConnected() {
        return entries.values().stream().flatMap(entry -> entry.fds().stream()).filter(Fd::isOpen)
                .anyMatch(fd -> SocketState.of(fd) == SocketState.OPEN);
    }

    /** Forgets everything and closes all descriptors. */
    synchronized void clear() {
        entries.values().forEach(Kept::close);
        entries.clear();
        totalBytes = 0;
    }
}
