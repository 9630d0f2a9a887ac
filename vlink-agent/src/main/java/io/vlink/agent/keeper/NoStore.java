// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import io.vlink.infra.os.Fd;
import java.util.List;

/** Keeps nothing: when the agent dies, so does all that it had open. For any thread. */
public final class NoStore implements FdStore {
    @Override
    public void put(String key, byte[] state, List<Fd> fds) {
        // As asked for: nothing is kept.
    }

    @Override
    public void remove(String key) {
        // There is nothing to remove.
    }

    @Override
    public List<Kept> fetchAll() {
        return List.of();
    }

    @Override
    public void end() {
        // There is nothing to forget.
    }

    @Override
    public void close() {
        // There is nothing to let go of.
    }
}
