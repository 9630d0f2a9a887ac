// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

import io.vlink.infra.os.PeerCredentials;
import java.util.List;

/**
 * Users and groups that may use the sockets besides the agent's own user, root, and the sockets' owner and group.
 *
 * @param uids user ids
 * @param gids ids of a peer's group, its first one
 */
public record AllowedPeers(List<Integer> uids, List<Integer> gids) {
    /** Nobody else. */
    public static final AllowedPeers NONE = new AllowedPeers(List.of(), List.of());

    /**
     * Makes the lists unmodifiable.
     *
     * @throws IllegalArgumentException with one line, for a negative id
     */
    public AllowedPeers {
        uids = List.copyOf(uids);
        gids = List.copyOf(gids);
        requireIds("allow-uid", uids);
        requireIds("allow-gid", gids);
    }

    /** The kernel says -1 of a peer of which it knows nothing. */
    private static void requireIds(String option, List<Integer> ids) {
        for (int id : ids) {
            if (id < 0) {
                throw new IllegalArgumentException(option + " must be 0 or more: " + option + "=" + id
                        + ": give the number that id(1) prints");
            }
        }
    }

    /** {@return whether there is nobody} */
    boolean isEmpty() {
        return uids.isEmpty() && gids.isEmpty();
    }

    /**
     * Whether a peer is one of them.
     *
     * @param peer who connected, as the kernel says (unix(7), SO_PEERCRED)
     * @return true if so
     */
    boolean has(PeerCredentials peer) {
        return uids.contains(peer.uid()) || gids.contains(peer.gid());
    }
}
