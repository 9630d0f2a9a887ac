// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.worker;

import java.util.concurrent.locks.LockSupport;

/**
 * A worker's idleness: how long it has had nothing to do, and so what it does next. Allocates nothing; enters the kernel only
 * once there has been nothing to do for the strategy's number of spins. One thread.
 */
public final class Idler {
    /** Empty turns before the processor is told that this is a loop that waits: that pause is longer than a turn. */
    private static final int EAGER_TURNS = 64;

    private final int spinTurns;
    private final int awakeTurns;
    private final long maxParkNanos;
    private int emptyTurns;
    private long parkNanos;

    /**
     * A worker that is wide awake.
     *
     * @param strategy how lazy it may get
     */
    public Idler(IdleStrategy strategy) {
        spinTurns = strategy.spins();
        awakeTurns = (int) Math.min(Integer.MAX_VALUE, (long) strategy.spins() + strategy.yields());
        maxParkNanos = strategy.maxParkNanos();
    }

    /**
     * Ends a turn: waits a little if it had no work, longer each time, and is wide awake again with the first work.
     *
     * @param work what the turn did; 0 for nothing
     */
    public void idle(int work) {
        if (work != 0) {
            emptyTurns = 0;
        } else {
            rest();
        }
    }

    @SuppressWarnings("ThreadPriorityCheck") // nothing is right only because of the yield; it lets others have the core
    private void rest() {
        if (emptyTurns < spinTurns) {
            if (emptyTurns++ >= EAGER_TURNS) {
                Thread.onSpinWait();
            }
        } else if (emptyTurns < awakeTurns) {
            emptyTurns++;
            Thread.yield();
        } else if (maxParkNanos > 0) {
            park();
        }
    }

    private void park() {
        if (emptyTurns == awakeTurns) {
            parkNanos = Math.min(IdleStrategy.FIRST_PARK_NANOS, maxParkNanos);
            emptyTurns++;
        } else {
            parkNanos = Math.min(2 * parkNanos, maxParkNanos);
        }
        LockSupport.parkNanos(parkNanos);
    }
}
