// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.pool;

/**
 * Where the buffers of a link stand in the region: numbered from the pool's start, in order, each a power of two of bytes and
 * aligned to it. Immutable.
 */
public final class PoolLayout {
    /** What {@link #bufferAt} returns for an offset outside the pool. */
    public static final int OUTSIDE = -1;

    private final long poolOffset;
    private final int bufferCount;
    private final int bufferShift;
    private final int bufferMask;

    /**
     * A layout.
     *
     * @param poolOffset  offset of the first buffer in the region, a multiple of the buffer size
     * @param bufferCount buffers
     * @param bufferBytes bytes of a buffer, a power of two
     */
    public PoolLayout(long poolOffset, int bufferCount, int bufferBytes) {
        if (bufferBytes < 1 || Integer.bitCount(bufferBytes) != 1) {
            throw new IllegalArgumentException("buffer size must be a power of two: buffer_bytes=" + bufferBytes);
        }
        if (bufferCount < 1 || poolOffset < 0 || (poolOffset & (bufferBytes - 1L)) != 0) {
            throw new IllegalArgumentException("pool must hold buffers and be aligned to them: pool_offset="
                    + poolOffset + " buffer_count=" + bufferCount);
        }
        this.poolOffset = poolOffset;
        this.bufferCount = bufferCount;
        this.bufferShift = Integer.numberOfTrailingZeros(bufferBytes);
        this.bufferMask = bufferBytes - 1;
    }

    /**
     * The buffer that an offset lies in.
     *
     * @param offset bytes from the start of the region; any number
     * @return its index, or {@link #OUTSIDE}
     */
    public int bufferAt(long offset) {
        long index = (offset - poolOffset) >> bufferShift;
        return Long.compareUnsigned(index, bufferCount) < 0 ? (int) index : OUTSIDE;
    }

    /**
     * Where a buffer starts.
     *
     * @param buffer its index
     * @return bytes from the start of the region
     */
    public long offsetOf(int buffer) {
        return poolOffset + ((long) buffer << bufferShift);
    }

    /**
     * Bytes from an offset to the end of its buffer.
     *
     * @param offset bytes from the start of the region
     * @return 1 to the buffer size
     */
    public int bytesToEnd(long offset) {
        // The pool is aligned to its buffers, so the low bits of an offset are the place in the buffer.
        return bufferMask + 1 - ((int) offset & bufferMask);
    }

    /** {@return buffers in all} */
    public int bufferCount() {
        return bufferCount;
    }

    /** {@return bytes of a buffer} */
    public int bufferBytes() {
        return bufferMask + 1;
    }
}
