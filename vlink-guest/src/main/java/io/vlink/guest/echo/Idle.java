// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.echo;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What a polling thread does while there is nothing to do. It gets lazier step by step, down to a limit, and wide awake with
 * the first packet. One thread.
 */
public final class Idle {
    private static final int SPINS = 1_000;
    private static final int YIELDS = 200;
    private static final long SHORTEST_PARK_NANOS = TimeUnit.MICROSECONDS.toNanos(50);
    private static final long LONGEST_PARK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final Limit limit;
    private int rounds;
    private long parkNanos = SHORTEST_PARK_NANOS;

    /** How lazy the thread may get. */
    public enum Limit {
        /** Never leaves its core: lowest latency, a core to itself. */
        SPIN,
        /** Offers its core to others. */
        YIELD,
        /** Sleeps 50 µs to 1 ms at a time. */
        PARK
    }

    /**
     * An idle thread's behaviour.
     *
     * @param limit how lazy it may get
     */
    public Idle(Limit limit) {
        this.limit = limit;
    }

    /** There was work: be awake. */
    public void reset() {
        rounds = 0;
    }

    /** There was none: wait a little, longer each time. */
    @SuppressWarnings("ThreadPriorityCheck") // nothing is right only because of the yield; it lets others have the core
    public void pause() {
        rounds = Math.min(rounds + 1, SPINS + YIELDS + 1);
        if (rounds <= SPINS || limit == Limit.SPIN) {
            parkNanos = SHORTEST_PARK_NANOS;
            Thread.onSpinWait();
        } else if (rounds <= SPINS + YIELDS || limit == Limit.YIELD) {
            Thread.yield();
        } else {
            LockSupport.parkNanos(parkNanos);
            parkNanos = Math.min(2 * parkNanos, LONGEST_PARK_NANOS);
        }
    }
}
