// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import io.vlink.infra.translation.AddressTranslation;
import io.vlink.spec.channel.Descriptor;

/**
 * A guest's check of what the host sends (SPEC.md section 8.2): in a guest there is no other way from a descriptor off a ring to
 * a packet, a segment or a buffer. Lets through what lies wholly in one buffer of the region and has a length that a packet may
 * have. Offsets must stand in place of bus addresses. One thread: the one that polls the queue.
 */
public final class RegionCheck {
    private final AddressTranslation translation;
    private final int bufferBytes;
    private final FrameBounds bounds;
    /** What goes round; null if nobody looks. */
    private final FrameLap lap;
    private long bytes;

    /**
     * The check of a queue.
     *
     * @param translation   the region's page table
     * @param bufferBytes   bytes of a packet buffer, a power of two; it crosses no page
     * @param maxFrameBytes bytes of a packet at most
     * @param longestLap    packets that may go round for each to be compared with what it was a lap ago; 0 to measure all of them
     */
    public RegionCheck(AddressTranslation translation, int bufferBytes, int maxFrameBytes, int longestLap) {
        this.lap = longestLap == 0 || !Checks.ON ? null : new FrameLap(longestLap);
        this.translation = translation;
        this.bufferBytes = bufferBytes;
        this.bounds = new FrameBounds(0, translation.regionBytes() / bufferBytes, bufferBytes, maxFrameBytes);
    }

    /** {@return whether packets go round, or may do so, so that also a lone one should come through {@link #acceptFrames}} */
    public boolean isLapNoted() {
        return lap != null && lap.isNoted();
    }

    /** What goes round; null if nobody looks. */
    FrameLap lap() {
        return lap;
    }

    /** {@return bytes of the packets that the last call has let through} */
    public long bytes() {
        return bytes;
    }

    /**
     * Makes packets of the copies behind a burst's packets, up to the first that is not in order.
     *
     * @param into receives the packets, each of one buffer, where the copies stand
     * @return how many; the others are for {@link #acceptFrame}, one by one
     */
    public int acceptFrames(PacketBurst into) {
        if (lap == null) {
            return measure(into);
        }
        int from = into.count;
        int count = into.unchecked().count();
        if (lap.isNext(into.words, from, count)) {
            bytes = lap.bytes();
            into.count = from + count;
            into.pass(bounds, from, bytes);
            return count;
        }
        int good = measure(into);
        lap.see(into.words, from, good);
        return good;
    }

    private int measure(PacketBurst into) {
        FrameBounds frames = bounds;
        long sum = 0;
        int from = into.count;
        int to = from + into.unchecked().count();
        int i = from;
        for (; i < to; i++) {
            long length = Descriptor.lengthAndFlags(into.meta(i));
            if (Checks.ON && !frames.isFrame(into.offset(i), length)) {
                break;
            }
            sum += length;
        }
        bytes = sum;
        into.count = i;
        if (Checks.ON) {
            into.pass(frames, from, sum);
        }
        return i - from;
    }

    /**
     * Appends a copy to a burst as a packet of one buffer, if it is in order.
     *
     * @param copies descriptors off a ring
     * @param index  which one
     * @param into   receives the packet; where the copies stand behind its packets, no later than this one's turn
     * @return whether it is in order
     */
    public boolean acceptFrame(UncheckedDescriptors copies, int index, PacketBurst into) {
        long meta = copies.meta(index);
        long length = Descriptor.lengthAndFlags(meta);
        if (Checks.ON && !bounds.isFrame(copies.address(index), length)) {
            return false;
        }
        into.add(copies.address(index), meta);
        bytes = length;
        return true;
    }

    /**
     * Appends a copy to the chain of a packet. A copy that is not in order, or too much for the chain, spoils it.
     *
     * @param copies descriptors off a ring
     * @param index  which one
     * @param chain  the packet so far
     * @return whether the chain has it
     */
    public boolean acceptSegment(UncheckedDescriptors copies, int index, ChainAssembler chain) {
        long meta = copies.meta(index);
        boolean good = isInBuffer(copies, index) && (Descriptor.flags(meta) & ~Descriptor.FLAGS_KNOWN) == 0;
        return chain.add(good ? copies.address(index) : ChainAssembler.SPOILT, meta);
    }

    /**
     * Appends a copy to a burst as an empty buffer, if it is in order.
     *
     * @param copies descriptors off a ring
     * @param index  which one
     * @param into   receives the buffer
     * @return whether it is in order
     */
    public boolean acceptBuffer(UncheckedDescriptors copies, int index, PacketBurst into) {
        boolean good = isInBuffer(copies, index) && Descriptor.flags(copies.meta(index)) == 0;
        if (good) {
            into.add(copies.address(index), copies.meta(index));
        }
        return good;
    }

    /**
     * Sends the buffer of a refused copy back to the host, if there is such a buffer: what it holds is not looked at.
     *
     * @param copies descriptors off a ring
     * @param index  which one
     * @param back   receives the descriptor that gives it back; must have room for one
     */
    public void refuse(UncheckedDescriptors copies, int index, DescriptorBatch back) {
        if (translation.isOffset(copies.address(index))) {
            back.set(back.count++, translation.toBusAddress(copies.address(index)),
                    Descriptor.meta(bufferBytes, 0, Descriptor.generation(copies.meta(index))));
        }
    }

    /** A buffer never crosses a page, so inside the buffer is inside the page and the region. */
    private boolean isInBuffer(UncheckedDescriptors copies, int index) {
        long offset = copies.address(index);
        int length = Descriptor.length(copies.meta(index));
        return length > 0 && translation.isOffset(offset) && (offset & (bufferBytes - 1L)) + length <= bufferBytes;
    }
}
