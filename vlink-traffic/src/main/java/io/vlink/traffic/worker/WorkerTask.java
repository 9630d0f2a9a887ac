// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.worker;

/** What a worker does. All methods run on the worker's thread. */
public interface WorkerTask {
    /** What {@link #turn} returns when there is nothing left to do at all. */
    int DONE = -1;

    /**
     * One turn over everything that the worker has to look at. Must not wait.
     *
     * @return how much was done, 0 for nothing, or {@link #DONE}
     */
    int turn();

    /** Runs once after the last turn, however it came to be the last, unless a turn failed. May take a moment. */
    default void finish() {
    }
}
