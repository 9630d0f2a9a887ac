// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

/**
 * The law of a run: {@code sent = received + dropped (by reason) + in flight}, and nothing is in flight any more. Immutable.
 *
 * @param sent     packets that the link took
 * @param received packets that came back, changed ones too; one way: that the peer took
 * @param dropped  packets that this side took out because of a fault of theirs, all reasons
 * @param inFlight what is missing; negative if there is too much
 */
record Law(long sent, long received, long dropped, long inFlight) {
    static Law of(long sent, long received, long dropped) {
        return new Law(sent, received, dropped, sent - received - dropped);
    }

    boolean holds() {
        return inFlight == 0;
    }

    Law plus(Law other) {
        return new Law(sent + other.sent, received + other.received, dropped + other.dropped,
                inFlight + other.inFlight);
    }
}
