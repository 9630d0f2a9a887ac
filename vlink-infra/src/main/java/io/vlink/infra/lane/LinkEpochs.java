// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.lane;

import io.vlink.infra.port.PortException;
import io.vlink.infra.port.QueueClaim;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.SharedWord;
import java.lang.foreign.MemorySegment;

/**
 * The epochs of a link whose queues have workers of their own, on either side. While the link is up a worker only compares lane
 * words with what they should be: a guest the host's, the host both. Anything else goes through a lock. An epoch is agreed to
 * when every queue has put its rings in order: a queue with a worker does so on that worker's thread, as nobody else may touch
 * its rings. Threads: each method says who may call it.
 */
public final class LinkEpochs {
    private final String link;
    private final MemorySegment controlChannel;
    private final boolean isHost;
    private final EpochSide side;
    private final Queue[] queues;
    /** Null while the link is not joined. */
    private Lane lane;
    private volatile boolean up;
    private volatile int workers;

    /** What a queue's worker knows. The first three fields are the worker's, the others are used under the lock. */
    private static final class Queue {
        private long upWord;
        private boolean up;
        private long epochCount;
        private long readyWord;
        private boolean ready;
        private String worker;
    }

    private LinkEpochs(String link, MemorySegment controlChannel, boolean isHost, int queues, EpochSide side) {
        this.link = link;
        this.controlChannel = controlChannel;
        this.isHost = isHost;
        this.side = side;
        this.queues = new Queue[queues];
        for (int i = 0; i < queues; i++) {
            this.queues[i] = new Queue();
        }
    }

    /**
     * The host's epochs of a link that is not joined.
     *
     * @param link           the link's name, for messages
     * @param controlChannel its control channel
     * @param queues         queues of the port, at least one
     * @param side           what the host does
     * @return the epochs
     */
    public static LinkEpochs ofHost(String link, MemorySegment controlChannel, int queues, EpochSide side) {
        return new LinkEpochs(link, controlChannel, true, queues, side);
    }

    /**
     * A guest's epochs of a link that is not joined.
     *
     * @param link           the link's name, for messages
     * @param controlChannel its control channel
     * @param queues         queues of the port, at least one
     * @param side           what the guest does
     * @return the epochs
     */
    public static LinkEpochs ofGuest(String link, MemorySegment controlChannel, int queues, EpochSide side) {
        return new LinkEpochs(link, controlChannel, false, queues, side);
    }

    /**
     * Whether packets may flow on a queue. Where an epoch has ended and the next has begun since the last call, only
     * {@link #epochCount} tells.
     *
     * @param number 0 to the port's queues - 1; on the thread of its worker
     * @return true if they may
     * @throws IndexOutOfBoundsException for another number
     */
    public boolean poll(int number) {
        Queue queue = queues[number];
        // The guest's word first: who sees that a guest has agreed over a spoilt word of the host then sees that word, too.
        boolean asAgreed = queue.up && (!isHost || says(ControlChannelLayout.GUEST_LANE_OFFSET, queue.upWord))
                && says(ControlChannelLayout.HOST_LANE_OFFSET, queue.upWord);
        return asAgreed || follow(number, queue);
    }

    private boolean says(long offset, long word) {
        // Pairs with the other side's release: its positions are zero before its agreement can be seen.
        return (long) SharedWord.LONG_HANDLE.getAcquire(controlChannel, offset) == word;
    }

    private synchronized boolean follow(int number, Queue caller) {
        if (lane == null) {
            return false;
        }
        if (lane.poll() == LaneEvent.RESET_RINGS) {
            makeReady(caller);
        } else if (!lane.isUp()) {
            // A guest may write all of the control channel: one that has spoilt the host's word must not keep its successor out.
            lane.repeat();
        }
        up = lane.isUp();
        boolean now = up && isReady(caller);
        long word = lane.word();
        if (caller.up && !now) {
            side.end(number);
        }
        if (now && (!caller.up || caller.upWord != word)) {
            caller.upWord = word;
            caller.epochCount++;
            side.begin(number);
        }
        caller.up = now;
        return now;
    }

    private boolean isReady(Queue queue) {
        return queue.ready && queue.readyWord == lane.word();
    }

    /** The other side waits: puts in order what the caller may touch, and agrees with the last queue. */
    private void makeReady(Queue caller) {
        boolean all = true;
        for (int i = 0; i < queues.length; i++) {
            Queue queue = queues[i];
            if (!isReady(queue) && (queue == caller || queue.worker == null)) {
                side.reset(i, lane.epoch());
                queue.readyWord = lane.word();
                queue.ready = true;
            }
            all &= isReady(queue);
        }
        if (all) {
            lane.agree();
        }
    }

    /**
     * Makes a worker the only one of a queue; any thread.
     *
     * @param number 0 to the port's queues - 1
     * @param worker what it is called, for the message to the next one that wants the queue
     * @return to be closed once, by whoever has it, when the worker has ended
     * @throws PortException if there is no such queue, or it has a worker already
     */
    public synchronized QueueClaim claim(int number, String worker) {
        if (number < 0 || number >= queues.length) {
            throw new PortException("queue must be 0 to " + (queues.length - 1)
                    + ", as many as the port has: link=" + link + " queue=" + number);
        }
        Queue queue = queues[number];
        if (queue.worker != null) {
            throw new PortException("queue has a worker already: link=" + link + " queue=" + number + " worker="
                    + queue.worker + ": give each queue to one worker");
        }
        queue.worker = worker;
        workers++;
        return () -> unclaim(queue);
    }

    private synchronized void unclaim(Queue queue) {
        workers -= queue.worker == null ? 0 : 1;
        queue.worker = null;
    }

    /** {@return whether any queue has been claimed; if none has, one thread drives them all; any thread} */
    public boolean hasWorkers() {
        return workers > 0;
    }

    /**
     * How often a queue has seen the link come up.
     *
     * @param number 0 to the port's queues - 1; on the thread of its worker
     * @return 0 before the first time
     */
    public long epochCount(int number) {
        return queues[number].epochCount;
    }

    /** {@return whether the link is up, as workers have last seen it; any thread} */
    public boolean isUp() {
        return up;
    }

    /** Joins the link, unless that is done; only while no worker runs. Fails as {@link EpochSide#join} does. */
    public synchronized void start() {
        if (lane == null) {
            for (Queue queue : queues) {
                queue.ready = false;
            }
            lane = side.join();
        }
    }

    /** Says the state of this side again, as somebody else may have changed what stands for it; any thread. */
    public synchronized void repeat() {
        if (lane != null) {
            lane.repeat();
        }
    }

    /** Leaves the link, unless that is done; only while no worker runs. */
    public synchronized void stop() {
        if (lane != null) {
            for (Queue queue : queues) {
                queue.up = false;
            }
            up = false;
            side.leave(lane);
            lane = null;
        }
    }
}
