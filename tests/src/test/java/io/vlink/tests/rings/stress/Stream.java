// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.stress;

import io.vlink.infra.ring.DescriptorBatch;
import io.vlink.tests.rings.RingEnds;

/**
 * A stream of numbered descriptors in bursts of changing size, several times around a ring. Each end counts for itself; what one
 * knows of the other comes through the ring alone.
 */
public final class Stream {
    private static final int BURSTS = 40;

    private final RingEnds ends;
    private final DescriptorBatch in = new DescriptorBatch(StartedRing.SLOTS);
    private final DescriptorBatch out = new DescriptorBatch(StartedRing.SLOTS);
    private long sent;
    private long received;
    private int wrong;

    /**
     * A stream over an empty ring.
     *
     * @param ends both ends
     */
    public Stream(RingEnds ends) {
        this.ends = ends;
    }

    /** Sends bursts, as far as there is room; the producing actor. */
    public void send() {
        for (int burst = 0; burst < BURSTS; burst++) {
            sent += ends.offer(Descriptors.numbered(in, 1 + sent, 1 + burst % 5));
        }
    }

    /** Receives as often; the consuming actor. */
    public void receive() {
        for (int burst = 0; burst < BURSTS; burst++) {
            receive(1 + burst % 3);
        }
    }

    /** Receives what is left; after both actors. */
    public void drain() {
        receive(StartedRing.SLOTS);
        receive(StartedRing.SLOTS);
    }

    private void receive(int limit) {
        int count = ends.poll(out, limit);
        wrong += Descriptors.wrong(out, 1 + received, count);
        received += count;
    }

    /** {@return descriptors that were not whole, or not the next in order; after both actors} */
    public int wrong() {
        return wrong;
    }

    /** {@return descriptors sent and not received, negative if more came than were sent; after both actors} */
    public int lost() {
        return (int) (sent - received);
    }
}
