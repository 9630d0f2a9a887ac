// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.pool;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * The free buffers of one queue. The buffer freed last is taken first, because its lines are the likeliest to be in the cache.
 * One thread takes and gives; another queue's worker that has come by one of these buffers returns it with
 * {@link #giveFromElsewhere}, without a lock.
 */
public final class FreeList {
    /** What {@link #take} returns if there is none. */
    public static final int NONE = -1;

    private final int firstBuffer;
    private final int[] free;
    private int freeCount;
    private final AtomicInteger returned = new AtomicInteger(NONE);
    private final AtomicIntegerArray nextReturned;

    /**
     * An empty list.
     *
     * @param firstBuffer lowest index of the buffers that belong here
     * @param bufferCount how many belong here, in order
     */
    public FreeList(int firstBuffer, int bufferCount) {
        this.firstBuffer = firstBuffer;
        this.free = new int[bufferCount];
        this.nextReturned = new AtomicIntegerArray(bufferCount);
    }

    /** {@return a free buffer, or {@link #NONE}} */
    public int take() {
        if (freeCount == 0) {
            collect();
            if (freeCount == 0) {
                return NONE;
            }
        }
        return free[--freeCount];
    }

    /**
     * Gives a buffer back that the ledger says is not free.
     *
     * @param buffer its index, one that belongs here
     */
    public void give(int buffer) {
        free[freeCount++] = buffer;
    }

    /**
     * Gives a buffer back from another thread than the list's.
     *
     * @param buffer its index, one that belongs here
     */
    public void giveFromElsewhere(int buffer) {
        int head;
        do {
            head = returned.get();
            nextReturned.set(buffer - firstBuffer, head);
        } while (!returned.compareAndSet(head, buffer));
    }

    /** Takes all that came from elsewhere at once, so that a buffer that comes and goes in between cannot confuse it. */
    private void collect() {
        int buffer = returned.get() == NONE ? NONE : returned.getAndSet(NONE);
        while (buffer != NONE) {
            free[freeCount++] = buffer;
            buffer = nextReturned.get(buffer - firstBuffer);
        }
    }

    /**
     * Free buffers, those from elsewhere included if there are not enough.
     *
     * @param wanted how many would do
     * @return how many can be taken
     */
    public int available(int wanted) {
        if (freeCount < wanted) {
            collect();
        }
        return freeCount;
    }

    /**
     * Whether a buffer belongs here.
     *
     * @param buffer its index
     * @return true if this list is its home
     */
    public boolean isHomeOf(int buffer) {
        return Integer.compareUnsigned(buffer - firstBuffer, free.length) < 0;
    }
}
