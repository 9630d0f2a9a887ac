// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.spec.channel.GuestCounter;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.channel.SubChannel;
import io.vlink.spec.record.HostCounter;

/**
 * What shared memory says at one moment of the packets of a link in its epoch, data channels summed up. Half of it is the
 * guest's word: any 64 bits. Nothing stands still while it is read.
 *
 * @param hostLane    the host's own lane word, before the numbers were read
 * @param guestLane   the guest's lane word, before the numbers were read
 * @param begun       whether every number of the host's is of the epoch in its lane word: a driver may start an epoch and leave
 *                    before its rings are reset, when the guest's numbers are of the new epoch already; and before the first
 *                    driver there is no epoch
 * @param hostToGuest packets to the guest
 * @param guestToHost packets from the guest
 */
record LinkReading(long hostLane, long guestLane, boolean begun, Direction hostToGuest, Direction guestToHost) {
    /**
     * Packets of one direction. Sums wrap around at 64 bits.
     *
     * @param sent     put on the ring, as the sender counts
     * @param received taken from it and good, as the receiver counts
     * @param dropped  taken from it and bad, as the receiver counts
     * @param produced descriptors that the sender has put on the ring
     * @param consumed descriptors that the receiver has taken
     */
    record Direction(long sent, long received, long dropped, long produced, long consumed) {
        private static final Direction NOTHING = new Direction(0, 0, 0, 0, 0);

        private Direction plus(Direction other) {
            return new Direction(sent + other.sent, received + other.received, dropped + other.dropped,
                    produced + other.produced, consumed + other.consumed);
        }

        /** {@return descriptors on the rings} */
        long descriptors() {
            return produced - consumed;
        }
    }

    /**
     * Reads a link.
     *
     * @param link of a domain whose memory is there
     * @return the numbers
     */
    static LinkReading of(Link link) {
        long hostLane = link.record().hostLane();
        long guestLane = link.domain().channels().guestLane(link.index());
        boolean begun = hostLane != 0; // else no driver has been there yet
        Direction hostToGuest = Direction.NOTHING;
        Direction guestToHost = Direction.NOTHING;
        for (int queue = 0; queue < link.request().dataChannels(); queue++) {
            begun &= link.record().counter(queue, HostCounter.EPOCH) == Integer
                    .toUnsignedLong(LaneState.epoch(hostLane));
            hostToGuest = hostToGuest.plus(hostToGuest(link, queue));
            guestToHost = guestToHost.plus(guestToHost(link, queue));
        }
        return new LinkReading(hostLane, guestLane, begun, hostToGuest, guestToHost);
    }

    private static Direction hostToGuest(Link link, int queue) {
        ChannelMemory guest = link.domain().channels();
        int ordinal = queue + 1;
        return new Direction(link.record().countedInEpoch(queue, HostCounter.EPOCH_TX_PACKETS),
                guest.guestCounter(link.index(), ordinal, GuestCounter.RX_PACKETS),
                guest.guestCounter(link.index(), ordinal, GuestCounter.RX_BAD_DESCRIPTORS),
                guest.produced(link.index(), ordinal, SubChannel.RX),
                guest.consumed(link.index(), ordinal, SubChannel.RX));
    }

    private static Direction guestToHost(Link link, int queue) {
        ChannelMemory guest = link.domain().channels();
        int ordinal = queue + 1;
        return new Direction(guest.guestCounter(link.index(), ordinal, GuestCounter.TX_PACKETS),
                link.record().countedInEpoch(queue, HostCounter.EPOCH_RX_PACKETS),
                link.record().countedInEpoch(queue, HostCounter.EPOCH_RX_DROPPED),
                guest.produced(link.index(), ordinal, SubChannel.TX),
                guest.consumed(link.index(), ordinal, SubChannel.TX));
    }

    /** {@return whether an epoch is just being agreed upon, or never was: some numbers are the last one's, some are zero} */
    boolean isBetweenEpochs() {
        return !begun || LaneState.of(hostLane) == LaneState.INITIALIZING;
    }

    /** {@return whether both sides are in the epoch} */
    boolean isRunning() {
        return hostLane == guestLane && LaneState.of(hostLane) == LaneState.INITIALIZED;
    }

    /**
     * Whether another reading is of the same epoch, so that the two can be compared.
     *
     * @param other another reading of the same link
     * @return false if a lane word has changed
     */
    boolean isSameEpoch(LinkReading other) {
        return hostLane == other.hostLane && guestLane == other.guestLane;
    }
}
