// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.control;

import io.vlink.infra.os.PeerCredentials;
import java.time.Duration;
import java.util.Collection;
import java.util.function.Predicate;

/**
 * How many control connections there may be, so that no process and no user can lock everybody else out. Immutable.
 *
 * @param total      connections at a time: each VM and each attached link keeps one
 * @param perUser    connections of one user; the rest is for the others, such as an administrator
 * @param perProcess connections of one process
 * @param idle       how long a connection that holds neither a link nor a domain may stay silent
 */
record ConnectionLimits(int total, int perUser, int perProcess, Duration idle) {
    /** Room for a driver of four full domains, twice. */
    static final ConnectionLimits DEFAULT = new ConnectionLimits(256, 240, 128, Duration.ofSeconds(10));

    /**
     * Why one more connection is one too many.
     *
     * @param open who has a connection, once for each
     * @param peer who wants another one
     * @return one line with a remedy, or null if it is welcome
     */
    String refusal(Collection<PeerCredentials> open, PeerCredentials peer) {
        if (count(open, other -> other.pid() == peer.pid()) >= perProcess) {
            return "this process has too many connections: pid=" + peer.pid() + " limit=" + perProcess
                    + ": close some of them, or use a process for each group of links";
        }
        if (count(open, other -> other.uid() == peer.uid()) >= perUser) {
            return "this user has too many connections: uid=" + peer.uid() + " limit=" + perUser
                    + ": stop one of this user's drivers or VMs first";
        }
        if (open.size() >= total) {
            return "too many connections: limit=" + total + ": stop a driver or a VM first";
        }
        return null;
    }

    private static long count(Collection<PeerCredentials> open, Predicate<PeerCredentials> which) {
        return open.stream().filter(which).count();
    }
}
