// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.agent.keeper.FdStore;
import io.vlink.agent.keeper.Kept;
import io.vlink.infra.os.Errno;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.OsException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A store within the test's process, whose user can die at any of its operations. One thread. */
final class MemoryStore implements FdStore {
    private final Map<String, Kept> entries = new LinkedHashMap<>();
    private long operationsLeft = Long.MAX_VALUE;
    private boolean descriptorsShort;

    /** The end of an agent: nobody catches it. */
    static final class Death extends Error {
        private static final long serialVersionUID = 1L;
    }

    /** Lets the user do so many more operations; the one after them does not happen. */
    void dieAfter(long operations) {
        operationsLeft = operations;
    }

    /** Whether it has no descriptors left for what is put. */
    void descriptorsShort(boolean whether) {
        descriptorsShort = whether;
    }

    /** {@return keys of all entries} */
    List<String> keys() {
        return List.copyOf(entries.keySet());
    }

    private void operation() {
        if (operationsLeft == 0) {
            throw new Death();
        }
        operationsLeft--;
    }

    @Override
    public void put(String key, byte[] state, List<Fd> fds) {
        operation();
        if (descriptorsShort) {
            throw new OsException("fcntl", Errno.EMFILE, "key=" + key, "too many open files");
        }
        Kept before = entries.put(key, new Kept(key, state.clone(), fds.stream().map(Fd::duplicate).toList()));
        if (before != null) {
            before.close();
        }
    }

    @Override
    public void remove(String key) {
        operation();
        Kept before = entries.remove(key);
        if (before != null) {
            before.close();
        }
    }

    @Override
    public List<Kept> fetchAll() {
        List<Kept> all = new ArrayList<>();
        entries.values().forEach(entry -> all
                .add(new Kept(entry.key(), entry.state(), entry.fds().stream().map(Fd::duplicate).toList())));
        return all;
    }

    @Override
    public void end() {
        entries.values().forEach(Kept::close);
        entries.clear();
    }

    @Override
    public void close() {
        // What is kept stays kept.
    }
}
