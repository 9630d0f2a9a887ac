// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.lane.HostLane;
import io.vlink.infra.lane.LaneEvent;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.channel.SharedWord;
import java.lang.foreign.MemorySegment;

/**
 * The epochs of a link whose queues have workers of their own. While the link is up a worker only compares the guest's lane
 * word with what it should be; anything else goes through a lock. An epoch begins when every queue has put its channels in
 * order: a queue with a worker does so on that worker's thread, as nobody else may touch its rings.
 */
final class HostEpochs {
    private final MemorySegment controlChannel;
    private final HostLane lane;
    private final HostChannel[][] channelsOfQueue;
    private final Queue[] queues;
    private volatile boolean up;

    /** What a queue's worker knows. Its plain fields are the worker's, the others are used under the lock. */
    private static final class Queue {
        private long upWord;
        private boolean up;
        private long epochCount;
        private int readyEpoch;
        private boolean ready;
        private String worker;
    }

    /**
     * The epochs of a link that is not joined.
     *
     * @param controlChannel  the link's control channel
     * @param record          the link record
     * @param channelsOfQueue the channels of each queue
     */
    HostEpochs(MemorySegment controlChannel, MemorySegment record, HostChannel[][] channelsOfQueue) {
        this.controlChannel = controlChannel;
        this.channelsOfQueue = channelsOfQueue;
        this.queues = new Queue[channelsOfQueue.length];
        for (int i = 0; i < queues.length; i++) {
            queues[i] = new Queue();
        }
        this.lane = new HostLane(controlChannel, record);
    }

    /** Whether packets may flow on a queue; on the thread of its worker. */
    boolean poll(int number) {
        Queue queue = queues[number];
        // Pairs with the guest's release: its positions are zero before its acknowledgement can be seen.
        long word = (long) SharedWord.LONG_HANDLE.getAcquire(controlChannel, ControlChannelLayout.GUEST_LANE_OFFSET);
        return (queue.up && word == queue.upWord) || follow(queue);
    }

    private synchronized boolean follow(Queue caller) {
        LaneEvent event = lane.poll();
        if (event == LaneEvent.DOWN) {
            up = false;
        } else if (event == LaneEvent.RESET_RINGS) {
            makeReady(caller);
        }
        caller.up = lane.isUp() && caller.ready && caller.readyEpoch == lane.epoch();
        if (caller.up && caller.upWord != LaneState.INITIALIZED.word(lane.epoch())) {
            caller.upWord = LaneState.INITIALIZED.word(lane.epoch());
            caller.epochCount++;
        }
        return caller.up;
    }

    /** The guest has acknowledged: puts in order what the caller may touch, and completes the epoch with the last queue. */
    private void makeReady(Queue caller) {
        boolean all = true;
        for (int i = 0; i < queues.length; i++) {
            Queue queue = queues[i];
            boolean done = queue.ready && queue.readyEpoch == lane.epoch();
            if (!done && (queue == caller || queue.worker == null)) {
                for (HostChannel channel : channelsOfQueue[i]) {
                    channel.reset(lane.epoch());
                }
                queue.readyEpoch = lane.epoch();
                queue.ready = true;
                done = true;
            }
            all &= done;
        }
        if (all) {
            lane.complete();
            up = true;
        }
    }

    /** Makes a worker the only one of a queue; returns the worker that it has already, or null. */
    synchronized String claim(int number, String worker) {
        String other = queues[number].worker;
        if (other == null) {
            queues[number].worker = worker;
        }
        return other;
    }

    /** Ends a claim. */
    synchronized void unclaim(int number) {
        queues[number].worker = null;
    }

    /** How often a queue has seen the link come up; on the thread of its worker. */
    long epochCount(int number) {
        return queues[number].epochCount;
    }

    /** Whether the link is up, as workers have seen it; any thread. */
    boolean isUp() {
        return up;
    }

    /** Joins the link again; only while no worker runs. */
    synchronized void start() {
        lane.restart();
    }

    /** Leaves the link; only while no worker runs. */
    synchronized void stop() {
        for (Queue queue : queues) {
            queue.up = false;
        }
        up = false;
        lane.detach();
    }
}
