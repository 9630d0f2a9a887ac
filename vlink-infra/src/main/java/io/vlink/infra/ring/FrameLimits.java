// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.pci.Limits;

/**
 * How large the packets of a link may be. Immutable.
 *
 * @param maxFrameBytes bytes of a frame at most, without FCS
 * @param maxSegments   descriptors of a packet at most
 */
public record FrameLimits(int maxFrameBytes, int maxSegments) {
    /**
     * The limits of a link.
     *
     * @param mtu         bytes of an IP packet, at most
     * @param bufferBytes bytes of a buffer
     * @return its limits: the MTU and the Ethernet header, in as many buffers as that fills
     */
    public static FrameLimits of(int mtu, int bufferBytes) {
        int frame = mtu + Limits.MIN_FRAME_BYTES;
        return new FrameLimits(frame, Math.ceilDiv(frame, bufferBytes));
    }

    /**
     * Entries of a chain.
     *
     * @param packets a burst
     * @param first   its first entry
     * @return entries up to the one without {@code MORE}; more than there are in the burst if it does not end there
     */
    public int chainLength(PacketBurst packets, int first) {
        int last = first;
        while (last < packets.count && (Descriptor.flags(packets.meta(last)) & Descriptor.FLAG_MORE) != 0) {
            last++;
        }
        return last == packets.count ? Integer.MAX_VALUE : last - first + 1;
    }

    /**
     * Packets in a part of a burst.
     *
     * @param packets a burst
     * @param first   entry to start at
     * @return entries from there on that end a packet
     */
    public int packets(PacketBurst packets, int first) {
        if (maxSegments == 1) {
            return packets.count - first;
        }
        int ends = 0;
        for (int i = first; i < packets.count; i++) {
            ends += (Descriptor.flags(packets.meta(i)) & Descriptor.FLAG_MORE) == 0 ? 1 : 0;
        }
        return ends;
    }
}
