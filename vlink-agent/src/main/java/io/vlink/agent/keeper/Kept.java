// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import io.vlink.infra.os.Fd;
import java.util.List;

/**
 * An entry as a store gives it back. It belongs to one thread.
 *
 * @param key   its name
 * @param state what was put with it, byte for byte
 * @param fds   descriptors in the order in which they were put; whoever fetched the entry owns them
 */
@SuppressWarnings("ArrayRecordComponent") // an entry is carried, never compared
public record Kept(String key, byte[] state, List<Fd> fds) implements AutoCloseable {
    /** Closes those of the descriptors that are still open. */
    @Override
    public void close() {
        fds.forEach(Fd::close);
    }
}
