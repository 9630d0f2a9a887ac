// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

import io.vlink.infra.port.PortStatistics;

/**
 * What has become of a run's packets on one port. Made once the workers have ended.
 *
 * @param of          the port, still open
 * @param queues      queues that were used
 * @param counts      what the generator counted, all workers together
 * @param statistics  what the port counted meanwhile
 * @param quarantined queues out of use
 * @param drained     one way: whether the peer has taken all that was sent; otherwise true
 */
record PortResult(GeneratorPort of, int queues, TrafficCounts counts, PortStatistics statistics, int quarantined,
        boolean drained) {
    private static final String TX_DROPPED = "tx_dropped";

    /** {@return packets that this side took out: of what was sent, so without those that were never taken} */
    long dropped() {
        return statistics.dropped() - statistics.drops().getOrDefault(TX_DROPPED, 0L);
    }

    Law law(boolean oneWay) {
        if (!oneWay) {
            return Law.of(counts.sent(), counts.returned(), dropped());
        }
        // Which ones of an unfinished queue were taken is not known here.
        return Law.of(counts.sent(), drained ? counts.sent() : 0, 0);
    }
}
