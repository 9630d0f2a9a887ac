// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.echo;

import io.vlink.infra.port.PortStatistics;

/**
 * What an echo did on one port. Immutable.
 *
 * @param link       name of the link
 * @param statistics what the port counted since the echo began
 */
record PortCounts(String link, PortStatistics statistics) {
    private static final String TX_DROPPED = "tx_dropped";

    /** {@return packets that could not be sent back and were given up} */
    long notReturned() {
        return statistics.drops().getOrDefault(TX_DROPPED, 0L);
    }

    /** {@return packets that were taken and of which nothing is known; at the end of an echo, 0 is the law} */
    long missing(Forward forward) {
        long ended = forward == Forward.DROP ? statistics.rxPackets() : statistics.txPackets() + notReturned();
        return statistics.rxPackets() - ended;
    }
}
