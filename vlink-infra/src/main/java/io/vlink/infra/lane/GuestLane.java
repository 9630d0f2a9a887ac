// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.lane;

import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.channel.SharedWord;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import java.util.function.IntSupplier;

/**
 * The guest's side of the epoch handshake (SPEC.md section 7). It acknowledges an epoch only while the host waits for it,
 * so that what a dead predecessor left in shared memory can never be taken for its own; and each time with a nonce that somebody
 * else has by chance only, which the host says back: an epoch that runs is one that the host began after this agreement, not
 * after that of somebody who came before. One thread.
 */
public final class GuestLane implements Lane {
    private final MemorySegment controlChannel;
    private final IntSupplier nonces;
    private int epoch;
    /** What this side says when it agrees to the epoch. */
    private long agreement;
    /** Whether the agreement is to what the host was last seen to wait for. */
    private boolean asked;
    private boolean acknowledged;
    private boolean up;

    /**
     * Takes over the guest's side of a link and asks the host for a new epoch.
     *
     * @param controlChannel the link's control channel
     */
    public GuestLane(MemorySegment controlChannel) {
        this(controlChannel, new SplittableRandom()::nextInt);
    }

    /**
     * Takes over the guest's side of a link with nonces of the caller's choice, and asks the host for a new epoch.
     *
     * @param controlChannel the link's control channel
     * @param nonces         asked before each agreement, for another one each time; the lower 24 bits count
     */
    public GuestLane(MemorySegment controlChannel, IntSupplier nonces) {
        this.controlChannel = controlChannel;
        this.nonces = nonces;
        requestEpoch();
    }

    /**
     * Looks at the host's lane word; one read of shared memory where nothing has changed.
     *
     * @return {@link LaneEvent#RESET_RINGS} when the host waits for this side: forget all buffers, reset the rings, then call
     *         {@link #agree}; {@link LaneEvent#UP} when descriptors may flow; {@link LaneEvent#DOWN} when they no
     *         longer may; otherwise {@link LaneEvent#NONE}
     */
    @Override
    public LaneEvent poll() {
        // Pairs with the host's release in HostLane.publish: its positions are zero before INITIALIZED can be seen.
        long hostWord = (long) SharedWord.LONG_HANDLE.getAcquire(controlChannel, ControlChannelLayout.HOST_LANE_OFFSET);
        if (up) {
            if (hostWord == agreement) {
                return LaneEvent.NONE;
            }
            up = false;
            return LaneEvent.DOWN;
        }
        return switch (LaneState.of(hostWord)) {
            case INITIALIZING -> pollWaitingHost(LaneState.epoch(hostWord));
            case INITIALIZED -> pollReadyHost(hostWord);
            case NOT_INITIALIZED -> LaneEvent.NONE;
        };
    }

    private LaneEvent pollWaitingHost(int hostEpoch) {
        if (acknowledged && hostEpoch == epoch) {
            repeatLostAcknowledgement();
            return LaneEvent.NONE;
        }
        if (!asked || epoch != hostEpoch) {
            asked = true;
            epoch = hostEpoch;
            agreement = LaneState.INITIALIZED.word(epoch, nonces.getAsInt());
        }
        acknowledged = false;
        return LaneEvent.RESET_RINGS;
    }

    /** A device reset clears this side's word; the rings are still as they were agreed on, so saying it again is enough. */
    private void repeatLostAcknowledgement() {
        long word = (long) SharedWord.LONG_HANDLE.getAcquire(controlChannel, ControlChannelLayout.GUEST_LANE_OFFSET);
        if (word != agreement) {
            agree();
        }
    }

    private LaneEvent pollReadyHost(long hostWord) {
        if (acknowledged && hostWord == agreement) {
            up = true;
            return LaneEvent.UP;
        }
        if (acknowledged) {
            requestEpoch();
        }
        return LaneEvent.NONE;
    }

    /** Agrees to the epoch that {@link #poll} found: the rings' guest ends are at zero and no old buffer is used again. */
    @Override
    public void agree() {
        acknowledged = true;
        publish(agreement);
    }

    @Override
    public void repeat() {
        publish(acknowledged ? agreement : LaneState.INITIALIZING.word(0));
    }

    /** Leaves the link: this side touches no ring and no buffer any more. */
    @Override
    public void detach() {
        up = false;
        asked = false;
        acknowledged = false;
        publish(LaneState.NOT_INITIALIZED.word(0));
    }

    /** {@return whether descriptors may flow} */
    @Override
    public boolean isUp() {
        return up;
    }

    /** {@return the epoch that this side last agreed or was asked to agree to, unsigned} */
    @Override
    public int epoch() {
        return epoch;
    }

    @Override
    public long word() {
        return agreement;
    }

    private void requestEpoch() {
        asked = false;
        acknowledged = false;
        publish(LaneState.INITIALIZING.word(0));
    }

    private void publish(long word) {
        SharedWord.LONG_HANDLE.setRelease(controlChannel, ControlChannelLayout.GUEST_LANE_OFFSET, word);
    }
}
