// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.limits;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How often peers may ask: so many times a second, and so many at once after a silence. Who asks more often waits for its
 * answers, and nothing else happens to it. For any thread; those that share it share the rate.
 */
public final class MessageRate {
    private final long intervalNanos;
    private final long burstNanos;
    /** When the next message is due if all come at the rate. */
    private long dueNanos;

    /**
     * A rate.
     *
     * @param perSecond messages a second, at least 1
     * @param burst     messages that may come at once
     */
    public MessageRate(int perSecond, int burst) {
        intervalNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
        burstNanos = intervalNanos * burst;
        dueNanos = System.nanoTime() - burstNanos;
    }

    /** Waits until the next message may be served, or the thread is interrupted. */
    public void await() {
        long startNanos = System.nanoTime();
        long waitNanos = reserve(startNanos);
        while (System.nanoTime() - startNanos < waitNanos && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(waitNanos - (System.nanoTime() - startNanos));
        }
    }

    /** How long a message that comes now has to wait, in nanoseconds. */
    synchronized long reserve(long nowNanos) {
        if (nowNanos - dueNanos > burstNanos) {
            dueNanos = nowNanos - burstNanos;
        }
        dueNanos += intervalNanos;
        return Math.max(0, dueNanos - nowNanos);
    }
}
