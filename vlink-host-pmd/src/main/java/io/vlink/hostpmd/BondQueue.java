// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.port.FlowHash;
import io.vlink.infra.ring.FrameLimits;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.pci.Limits;
import java.lang.foreign.MemorySegment;

/**
 * One queue over all data channels of a link: packets are spread by flow, so that a flow stays on one channel and in order. One
 * thread.
 */
final class BondQueue {
    private final HostChannel[] channels;
    private final LinkBuffers buffers;
    private final FrameLimits limits;
    private final MemorySegment region;
    private final PacketBurst[] spread;
    private final int[] room;
    private int nextChannel;

    BondQueue(HostChannel[] channels, LinkBuffers buffers, FrameLimits limits, MemorySegment region, int queueSize) {
        this.channels = channels;
        this.buffers = buffers;
        this.limits = limits;
        this.region = region;
        this.spread = new PacketBurst[channels.length];
        for (int i = 0; i < spread.length; i++) {
            spread[i] = new PacketBurst(queueSize);
        }
        this.room = new int[channels.length];
    }

    /** Starts at another channel each time: a busy one that fills every burst must not keep the others waiting. */
    int receive(PacketBurst into) {
        int received = 0;
        int channel = nextChannel;
        for (int i = 0; i < channels.length; i++) {
            received += channels[channel].receive(into);
            channel = channelAfter(channel);
        }
        nextChannel = channelAfter(nextChannel);
        return received;
    }

    private int channelAfter(int channel) {
        return channel + 1 == channels.length ? 0 : channel + 1;
    }

    /** Takes buffers from each channel's list in turn. */
    int alloc(PacketBurst into, int count) {
        int taken = 0;
        for (int i = 0; i < channels.length && taken < count; i++) {
            taken += buffers.alloc((nextChannel + i) % channels.length, into, count - taken);
        }
        return taken;
    }

    /** Takes back what the guest has given back, on any channel, whichever list it belongs to. */
    void takeBackFreed() {
        for (HostChannel channel : channels) {
            channel.takeBackFreed();
        }
    }

    /** Spreads packets by flow and stops at the first one whose channel is full, so that what is taken is a prefix. */
    int transmit(PacketBurst packets) {
        int alive = lookForRoom(packets.count());
        if (alive == 0) {
            return 0;
        }
        int taken = 0;
        while (taken < packets.count()) {
            int segments = Math.min(limits.chainLength(packets, taken), packets.count() - taken);
            int channel = aliveChannel(hash(packets, taken), alive);
            PacketBurst part = spread[channel];
            if (segments > room[channel] - part.count()) {
                break;
            }
            for (int i = 0; i < segments; i++) {
                part.add(packets.offset(taken), packets.meta(taken));
                taken++;
            }
        }
        transmitParts();
        return taken;
    }

    /** A packet that may not be sent goes to some channel, which will refuse it with the reason. */
    private int hash(PacketBurst packets, int index) {
        long offset = packets.offset(index);
        int length = packets.length(index);
        boolean readable = length >= Limits.MIN_FRAME_BYTES && buffers.isLendable(offset, length);
        return readable ? FlowHash.of(region, offset, length) : 0;
    }

    /**
     * Notes the room of each channel, once a burst: later no consumer position is read any more, so no channel can be
     * quarantined after packets were put aside for it, which would lose them. Returns how many channels run.
     */
    private int lookForRoom(int wanted) {
        int alive = 0;
        for (int i = 0; i < channels.length; i++) {
            room[i] = channels[i].transmitRoom(wanted);
            alive += channels[i].isQuarantined() ? 0 : 1;
        }
        return alive;
    }

    private void transmitParts() {
        try {
            for (int i = 0; i < channels.length; i++) {
                if (spread[i].count() > 0) {
                    channels[i].transmit(spread[i]);
                    spread[i].clear();
                }
            }
        } finally {
            for (PacketBurst part : spread) {
                part.clear();
            }
        }
    }

    /** The channel of a flow among those that run; a flow moves only when a channel is quarantined. */
    private int aliveChannel(int hash, int alive) {
        int skip = FlowHash.pick(hash, alive);
        int channel = 0;
        while (channels[channel].isQuarantined() || skip-- > 0) {
            channel++;
        }
        return channel;
    }
}
