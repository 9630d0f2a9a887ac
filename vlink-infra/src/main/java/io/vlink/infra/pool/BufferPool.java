// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.pool;

/**
 * The free buffers of a link, as offsets in the region; the buffer freed last is taken first, because its lines are the
 * likeliest to be in the cache. Buffers are numbered from the pool's start, in order. One thread.
 */
public final class BufferPool {
    /** What {@link #bufferAt} returns for an offset outside the pool. */
    public static final int OUTSIDE = -1;

    private final long poolOffset;
    private final int bufferCount;
    private final int bufferShift;
    private final int[] free;
    private final boolean[] isFree;
    private int freeCount;

    /**
     * A pool whose buffers are all somebody's: it is filled with {@link #give}.
     *
     * @param poolOffset  offset of the first buffer in the region, a multiple of the buffer size
     * @param bufferCount buffers
     * @param bufferBytes bytes of a buffer, a power of two
     */
    public BufferPool(long poolOffset, int bufferCount, int bufferBytes) {
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
        this.free = new int[bufferCount];
        this.isFree = new boolean[bufferCount];
    }

    /**
     * Takes a free buffer.
     *
     * @return its index, or {@link #OUTSIDE} if none is free
     */
    public int take() {
        if (freeCount == 0) {
            return OUTSIDE;
        }
        int buffer = free[--freeCount];
        isFree[buffer] = false;
        return buffer;
    }

    /**
     * Gives a buffer back.
     *
     * @param buffer its index
     * @throws IllegalStateException if it is free already: it would be handed out twice
     */
    public void give(int buffer) {
        if (isFree[buffer]) {
            throw new IllegalStateException("buffer was freed twice: buffer=" + buffer);
        }
        isFree[buffer] = true;
        free[freeCount++] = buffer;
    }

    /**
     * Whether a buffer is in the pool.
     *
     * @param buffer its index
     * @return true from {@link #give} until {@link #take}
     */
    public boolean isFree(int buffer) {
        return isFree[buffer];
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
     * @param offset bytes from the start of the region, inside the pool
     * @return 1 to the buffer size
     */
    public int bytesToEnd(long offset) {
        int bufferBytes = 1 << bufferShift;
        return bufferBytes - (int) ((offset - poolOffset) & (bufferBytes - 1));
    }

    /** {@return buffers that are free} */
    public int freeCount() {
        return freeCount;
    }

    /** {@return buffers in all} */
    public int bufferCount() {
        return bufferCount;
    }
}
