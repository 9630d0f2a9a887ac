// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import io.vlink.infra.lane.GuestLane;
import io.vlink.infra.lane.LaneEvent;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.channel.SharedWord;
import java.lang.foreign.MemorySegment;

/**
 * The epochs of a link whose queues have workers of their own. While the link is up a worker only compares the host's lane word
 * with what it should be; anything else goes through a lock. An epoch is acknowledged when every queue has put its rings in
 * order: a queue with a worker does so on that worker's thread, as nobody else may touch its rings.
 */
final class GuestEpochs {
    private final MemorySegment controlChannel;
    private final GuestLink link;
    private final Queue[] queues;
    private volatile boolean up;

    /** What a queue's worker knows. Its plain fields are the worker's, the others are used under the lock. */
    private static final class Queue {
        private final GuestQueue rings;
        private long upWord;
        private boolean up;
        private long epochCount;
        private int readyEpoch;
        private boolean ready;
        private String worker;

        Queue(GuestQueue rings) {
            this.rings = rings;
        }
    }

    /**
     * The epochs of a link.
     *
     * @param link           attached
     * @param controlChannel its control channel
     */
    GuestEpochs(GuestLink link, MemorySegment controlChannel) {
        this.link = link;
        this.controlChannel = controlChannel;
        this.queues = new Queue[link.queueCount()];
        for (int i = 0; i < queues.length; i++) {
            queues[i] = new Queue(link.queue(i));
        }
    }

    /** Whether packets may flow on a queue; on the thread of its worker. */
    boolean poll(int number) {
        Queue queue = queues[number];
        // Pairs with the host's release: its positions are zero before INITIALIZED can be seen.
        long word = (long) SharedWord.LONG_HANDLE.getAcquire(controlChannel, ControlChannelLayout.HOST_LANE_OFFSET);
        return (queue.up && word == queue.upWord) || follow(queue);
    }

    private synchronized boolean follow(Queue caller) {
        GuestLane lane = link.lane();
        if (lane == null) {
            return false;
        }
        LaneEvent event = lane.poll();
        if (event == LaneEvent.RESET_RINGS) {
            makeReady(caller, lane);
        } else if (event != LaneEvent.NONE) {
            up = event == LaneEvent.UP;
        }
        boolean now = lane.isUp() && caller.ready && caller.readyEpoch == lane.epoch();
        if (caller.up && !now) {
            caller.rings.stop();
        }
        if (now && (!caller.up || caller.upWord != LaneState.INITIALIZED.word(lane.epoch()))) {
            caller.upWord = LaneState.INITIALIZED.word(lane.epoch());
            caller.epochCount++;
            caller.rings.start();
        }
        caller.up = now;
        return now;
    }

    /** The host waits: puts in order what the caller may touch, and acknowledges with the last queue. */
    private void makeReady(Queue caller, GuestLane lane) {
        boolean all = true;
        for (Queue queue : queues) {
            boolean done = queue.ready && queue.readyEpoch == lane.epoch();
            if (!done && (queue == caller || queue.worker == null)) {
                queue.rings.reset();
                queue.readyEpoch = lane.epoch();
                queue.ready = true;
                done = true;
            }
            all &= done;
        }
        if (all) {
            lane.acknowledge();
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

    /** Joins the link; only while no worker runs. */
    synchronized void start() {
        for (Queue queue : queues) {
            queue.ready = false;
        }
        link.attach();
    }

    /** Leaves the link; only while no worker runs. */
    synchronized void stop() {
        for (Queue queue : queues) {
            queue.up = false;
        }
        up = false;
        link.close();
    }
}
