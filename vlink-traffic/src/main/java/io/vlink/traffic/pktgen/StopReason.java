// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

import java.util.Locale;

/** Why the generator stopped sending. */
enum StopReason {
    /** All packets were sent. */
    COUNT,
    /** Time was up. */
    DURATION,
    /** Somebody asked for it: SIGINT or SIGTERM. */
    SIGNAL,
    /** What a port was attached through has gone. */
    AGENT_GONE,
    /** The peer has left the link. */
    LINK_DOWN,
    /** The peer has spoilt a channel, which stays out of use until the next epoch. */
    QUARANTINED,
    /** The window is full of packets that do not come back. */
    STALLED;

    /** {@return whether the run went as planned; packets may be lost all the same} */
    boolean isPlanned() {
        return this == COUNT || this == DURATION || this == SIGNAL;
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
