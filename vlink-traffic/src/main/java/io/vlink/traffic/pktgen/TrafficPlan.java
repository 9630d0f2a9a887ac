// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

import io.vlink.infra.port.TxPolicy;
import io.vlink.traffic.worker.IdleStrategy;
import io.vlink.traffic.worker.Lcores;

/**
 * What to send. Counts, rate and window are for all workers together, unless it is a worker's {@linkplain #share share}.
 * Immutable.
 *
 * @param count         packets to send; {@link Long#MAX_VALUE} for no limit
 * @param durationNanos how long to send; {@link Long#MAX_VALUE} for no limit
 * @param size          frame size in bytes, FCS counted
 * @param burst         packets in a burst at most; 0 for what is usual and fits
 * @param window        packets on their way at most; 0 for what is usual and fits
 * @param rate          packets a second at most; 0 for no limit
 * @param queue         the only queue of each port that is used; {@link #ALL_QUEUES} for all
 * @param drainNanos    how long to wait for the link, and for the last packets
 * @param oneWay        nothing is expected back
 * @param policy        what becomes of packets that find a queue full; {@link Integer#MAX_VALUE} retries are no limit
 * @param lcores        where the workers run
 * @param idle          what they do without work
 */
public record TrafficPlan(long count, long durationNanos, int size, int burst, int window, double rate, int queue,
        long drainNanos, boolean oneWay, TxPolicy policy, Lcores lcores, IdleStrategy idle) {
    /** As a queue: all of them. */
    public static final int ALL_QUEUES = -1;

    /** The same with another burst and window. */
    TrafficPlan with(int newBurst, int newWindow) {
        return new TrafficPlan(count, durationNanos, size, newBurst, newWindow, rate, queue, drainNanos, oneWay, policy,
                lcores, idle);
    }

    /** What one of several workers has to do; the shares of all add up to the plan. */
    TrafficPlan share(int worker, int workers) {
        long countShare = count == Long.MAX_VALUE ? count : part(count, worker, workers);
        return new TrafficPlan(countShare, durationNanos, size, burst, (int) part(window, worker, workers),
                rate / workers, queue, drainNanos, oneWay, policy, lcores, idle);
    }

    private static long part(long whole, int worker, int workers) {
        return whole / workers + (worker < whole % workers ? 1 : 0);
    }

    /** {@return whether packets that a full queue does not take simply wait, without an end} */
    boolean waitsForRoom() {
        return policy.retries() == Integer.MAX_VALUE;
    }
}
