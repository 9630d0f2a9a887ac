// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import io.vlink.spec.channel.Descriptor;

/**
 * Puts packets together again whose descriptors arrive one by one, and hands them out whole or not at all. What it holds
 * between two bursts is already a private, checked copy. One thread.
 */
public final class ChainAssembler {
    /** In place of an offset: of a descriptor that failed its check, which spoils the packet. */
    static final long SPOILT = -1;

    private final PacketBurst chain;
    private final int maxFrameBytes;
    private int bytes;
    private boolean spoilt;
    private boolean complete;

    /**
     * An assembler without a packet.
     *
     * @param maxSegments   descriptors of a packet, at most
     * @param maxFrameBytes bytes of a packet, at most
     */
    public ChainAssembler(int maxSegments, int maxFrameBytes) {
        this.chain = new PacketBurst(maxSegments);
        this.maxFrameBytes = maxFrameBytes;
    }

    /**
     * Takes the next descriptor of the packet.
     *
     * @param offset place of its bytes, checked; or {@link #SPOILT}
     * @param meta   its meta word
     * @return whether the buffer is kept here; if not, it is the caller's to give back
     */
    boolean add(long offset, long meta) {
        boolean fits = offset >= 0 && chain.count < chain.capacity()
                && Descriptor.length(meta) <= maxFrameBytes - bytes;
        spoilt |= !fits;
        complete = (Descriptor.flags(meta) & Descriptor.FLAG_MORE) == 0;
        if (fits) {
            chain.add(offset, meta);
            bytes += Descriptor.length(meta);
        }
        return fits;
    }

    /** {@return whether the last descriptor of a packet has come: it must be taken or given up before the next one} */
    public boolean isComplete() {
        return complete;
    }

    /** {@return whether the packet cannot be used: a descriptor failed, or it is longer than the link allows} */
    public boolean isSpoilt() {
        return spoilt;
    }

    /** {@return the descriptors held, in order; to be read, and to be given back if the packet is given up} */
    public PacketBurst segments() {
        return chain;
    }

    /** {@return bytes of the packet so far} */
    public int bytes() {
        return bytes;
    }

    /**
     * Moves a complete packet to the end of a burst.
     *
     * @param into receives it
     * @return false if the burst has no room for all of it; then it stays here
     */
    public boolean moveTo(PacketBurst into) {
        if (into.room() < chain.count) {
            return false;
        }
        for (int i = 0; i < chain.count; i++) {
            into.add(chain.offset(i), chain.meta(i));
        }
        clear();
        return true;
    }

    /** Forgets the packet. */
    public void clear() {
        chain.clear();
        bytes = 0;
        spoilt = false;
        complete = false;
    }
}
