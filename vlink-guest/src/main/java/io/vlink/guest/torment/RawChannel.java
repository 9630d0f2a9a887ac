// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.torment;

import io.vlink.spec.channel.DataChannelLayout;
import io.vlink.spec.channel.GuestCounter;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.channel.SubChannel;
import java.lang.foreign.MemorySegment;

/** A data channel of the tormented link: its rings, and what the host has lent on it. One thread. */
final class RawChannel {
    private final MemorySegment memory;
    private final RawRing[] rings = new RawRing[SubChannel.values().length];
    private final Loot loot;
    private final Loot deadLoot;

    /**
     * A channel with its rings at position zero.
     *
     * @param memory    exactly the data channel
     * @param queueSize descriptors in each ring
     */
    RawChannel(MemorySegment memory, int queueSize) {
        this.memory = memory;
        this.loot = new Loot(4 * queueSize);
        this.deadLoot = new Loot(queueSize);
        for (SubChannel ring : SubChannel.values()) {
            MemorySegment bytes = memory.asSlice(DataChannelLayout.ringOffset(ring, queueSize),
                    RingLayout.bytes(queueSize));
            rings[ring.ordinal()] = new RawRing(bytes, queueSize, ring == SubChannel.TX || ring == SubChannel.FREE);
        }
    }

    /** {@return all of its bytes} */
    MemorySegment memory() {
        return memory;
    }

    /** {@return one of its rings} */
    RawRing ring(SubChannel ring) {
        return rings[ring.ordinal()];
    }

    /** {@return what has been lent in this epoch} */
    Loot loot() {
        return loot;
    }

    /** {@return what was lent in earlier epochs} */
    Loot deadLoot() {
        return deadLoot;
    }

    /** Takes everything off {@code rx} and {@code alloc}; returns how much. */
    int plunder() {
        return plunder(ring(SubChannel.ALLOC)) + plunder(ring(SubChannel.RX));
    }

    private int plunder(RawRing ring) {
        int ready = ring.ready();
        for (int i = 0; i < ready; i++) {
            loot.add(ring.address(i), ring.meta(i));
        }
        ring.advance(ready);
        return ready;
    }

    /** Puts this side's positions and counters to zero; what was lent is over. */
    void reset() {
        for (RawRing ring : rings) {
            ring.moveTo(0);
        }
        for (GuestCounter counter : GuestCounter.values()) {
            memory.set(SharedWord.LONG, counter.offset(), 0L);
        }
        loot.moveTo(deadLoot);
    }
}
