// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.lane;

/**
 * What host and guest do differently while {@link LinkEpochs} follows the epochs of a link. Called under its lock; the methods
 * with a queue on the thread of the queue's worker, or on any worker's while it has none.
 */
public interface EpochSide {
    /**
     * Takes this side of the link: the host starts an epoch, the guest asks for one.
     *
     * @return the lane, new each time
     */
    Lane join();

    /**
     * Leaves the link; no worker runs.
     *
     * @param lane from {@link #join}
     */
    void leave(Lane lane);

    /**
     * Puts this side's ends of a queue's rings in order for an epoch; the other side keeps still meanwhile.
     *
     * @param queue 0 to the port's queues - 1
     * @param epoch the epoch, unsigned
     */
    void reset(int queue, int epoch);

    /**
     * Descriptors of a new epoch may flow on a queue from now on; what its worker still holds of one before is void.
     *
     * @param queue 0 to the port's queues - 1
     */
    void begin(int queue);

    /**
     * Descriptors may flow on a queue no more; what its worker still holds of them is void.
     *
     * @param queue 0 to the port's queues - 1
     */
    void end(int queue);
}
