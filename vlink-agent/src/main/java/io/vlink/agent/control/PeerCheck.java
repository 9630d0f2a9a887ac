// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.control;

import io.vlink.infra.os.PeerCredentials;
import java.util.function.Predicate;

/**
 * Who may talk to the agent: its own user, root, and the members of one group. The socket's mode says the same; this holds
 * even when somebody changes that. For any thread.
 */
public final class PeerCheck implements Predicate<PeerCredentials> {
    private final int ownUid;
    private final Predicate<PeerCredentials> inGroup;

    /**
     * Makes the check.
     *
     * @param ownUid  user id of the agent
     * @param inGroup whether a peer is in the group that may use the sockets
     */
    public PeerCheck(int ownUid, Predicate<PeerCredentials> inGroup) {
        this.ownUid = ownUid;
        this.inGroup = inGroup;
    }

    @Override
    public boolean test(PeerCredentials peer) {
        return peer.uid() == ownUid || peer.uid() == 0 || inGroup.test(peer);
    }
}
