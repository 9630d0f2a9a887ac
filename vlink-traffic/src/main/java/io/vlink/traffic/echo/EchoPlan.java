// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.echo;

import io.vlink.infra.port.TxPolicy;
import io.vlink.traffic.worker.IdleStrategy;
import io.vlink.traffic.worker.Lcores;

/**
 * What an echo is to do. Immutable.
 *
 * @param lcores        where its workers run
 * @param idle          what they do without work
 * @param forward       what becomes of a packet
 * @param burst         packets that one turn takes from a queue, at most; as many as the longest chain of the worker's links
 *                      has, if that is more
 * @param policy        what becomes of packets that find a queue full; {@link Integer#MAX_VALUE} retries are no limit
 * @param count         packets after which it ends, give or take a burst a worker; 0: no limit
 * @param durationNanos time after which it ends; 0: no limit
 */
public record EchoPlan(Lcores lcores, IdleStrategy idle, Forward forward, int burst, TxPolicy policy, long count,
        long durationNanos) {
    /** Packets in a burst, at most. */
    public static final int MAX_BURST = 256;

    /** {@return whether it goes on until it is asked to stop} */
    public boolean isUnlimited() {
        return count == 0 && durationNanos == 0;
    }
}
