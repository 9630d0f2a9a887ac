// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.pci.Limits;

/**
 * Where a packet of one buffer may lie, and how long it may be. Immutable.
 */
public final class FrameBounds {
    private final long firstOffset;
    private final long bytes;
    private final int bufferShift;
    private final long bufferBytes;
    private final long spread;

    /**
     * The bounds of a link's packets on one side of it.
     *
     * @param firstOffset   first byte of its buffers in the region, a multiple of the buffer size
     * @param bufferCount   how many there are
     * @param bufferBytes   bytes of a buffer, a power of two
     * @param maxFrameBytes bytes of a packet at most
     */
    public FrameBounds(long firstOffset, long bufferCount, int bufferBytes, int maxFrameBytes) {
        this.firstOffset = firstOffset;
        this.bytes = bufferCount * bufferBytes;
        this.bufferShift = Integer.numberOfTrailingZeros(bufferBytes);
        this.bufferBytes = bufferBytes;
        this.spread = (long) maxFrameBytes - Limits.MIN_FRAME_BYTES;
    }

    /**
     * Whether a descriptor is a packet that lies wholly in one buffer. Three comparisons, because a packet costs what its checks
     * cost.
     *
     * @param offset bytes from the start of the region; any number
     * @param length as {@link Descriptor#lengthAndFlags} says: a flag makes it too large
     * @return true if no flag is set, and length and place are within the bounds
     */
    public boolean isFrame(long offset, long length) {
        // First and last byte are in the same buffer if they differ in no bit above the buffer's own.
        return Long.compareUnsigned(length - Limits.MIN_FRAME_BYTES, spread) <= 0
                && Long.compareUnsigned((offset + length - 1) ^ offset, bufferBytes) < 0
                && Long.compareUnsigned(offset - firstOffset, bytes) < 0;
    }

    /**
     * The buffer that a packet lies in.
     *
     * @param offset bytes from the start of the region, of which {@link #isFrame} is true
     * @return its number, from 0
     */
    public long bufferOf(long offset) {
        return (offset - firstOffset) >>> bufferShift;
    }
}
