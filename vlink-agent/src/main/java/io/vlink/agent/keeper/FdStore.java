// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import io.vlink.infra.os.Fd;
import io.vlink.spec.keeper.KeeperProtocol;
import java.util.List;

/**
 * Named entries of state and descriptors that outlive the process that put them, as systemd's descriptor store does. The
 * store never reads from a descriptor and never looks into a state. For any thread.
 */
public interface FdStore extends AutoCloseable {
    /** Most bytes of a key, in UTF-8. */
    int MAX_KEY_BYTES = KeeperProtocol.MAX_KEY_BYTES;
    /** Most bytes of an entry's state. */
    int MAX_STATE_BYTES = KeeperProtocol.MAX_BODY_BYTES;
    /** Most descriptors of an entry: what one message carries (SCM_MAX_FD, unix(7)). */
    int MAX_FDS = KeeperProtocol.MAX_FDS;

    /**
     * Keeps an entry, in the place of the one that has its key: at any instant, should this process die, the old entry is
     * kept or the new one, never a mixture and never neither. When this returns, the new one is, unless the store cannot keep
     * anything just now; it says so in the log and makes up for it when it can, as an agent that cannot be recovered is
     * better than one that does not work.
     *
     * @param key   1 to {@value #MAX_KEY_BYTES} bytes
     * @param state up to {@value #MAX_STATE_BYTES} bytes; copied
     * @param fds   up to {@value #MAX_FDS}; they stay the caller's, the store has duplicates
     * @throws IllegalArgumentException if a limit is passed
     * @throws IllegalStateException    if a descriptor or the store is closed
     */
    void put(String key, byte[] state, List<Fd> fds);

    /**
     * Forgets an entry and closes the store's descriptors of it; does nothing if there is none.
     *
     * @param key of the entry
     * @throws IllegalStateException if the store is closed
     */
    void remove(String key);

    /**
     * Everything that is kept, in the order in which the keys were first put. The entries stay kept: whoever adopts one puts
     * it again only if something of it has changed, and removes those that it does not want.
     *
     * @return the entries, with descriptors that are the caller's to close
     * @throws IllegalStateException if the store is closed, or does not answer
     */
    List<Kept> fetchAll();

    /** Forgets everything for good and closes: there is nothing for another agent to adopt. What an orderly stop does. */
    void end();

    /** Lets go of the store; what is kept stays kept, for another agent. Does nothing after {@link #end}. */
    @Override
    void close();
}
