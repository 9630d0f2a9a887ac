// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.lane;

import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.record.LinkRecordLayout;
import java.lang.foreign.MemorySegment;

/**
 * The host's side of the epoch handshake (SPEC.md section 7). The host alone counts epochs, in the link record that no guest
 * can reach. What stands in the control channel is for the guest to read; it is read back only to see that nobody has
 * written over it. One thread at a time.
 */
public final class HostLane implements Lane {
    private final MemorySegment controlChannel;
    private final MemorySegment record;
    private int epoch;
    /** What the guest said when it agreed to the epoch. Another agreement to it has another nonce, and so is another word. */
    private long agreement;
    private boolean up;

    /**
     * Takes over a link and asks the guest for a new epoch.
     *
     * @param controlChannel the link's control channel
     * @param record         the link record
     */
    public HostLane(MemorySegment controlChannel, MemorySegment record) {
        this.controlChannel = controlChannel;
        this.record = record;
        this.epoch = LaneState
                .epoch((long) SharedWord.LONG_HANDLE.getAcquire(record, LinkRecordLayout.HOST_LANE_OFFSET));
        startEpoch();
    }

    /**
     * Looks at the guest's lane word and, while the epoch runs, at its own: two reads of shared memory where nothing has changed.
     *
     * @return {@link LaneEvent#RESET_RINGS} when the guest has acknowledged: reset the rings, reclaim all buffers, then call
     *         {@link #agree}; {@link LaneEvent#DOWN} when the guest has left the epoch, or somebody has written over this side's
     *         word: a new epoch has been asked for; otherwise {@link LaneEvent#NONE}
     */
    @Override
    public LaneEvent poll() {
        // Pairs with the guest's release: its positions are zero before its acknowledgement can be seen.
        long guestWord = (long) SharedWord.LONG_HANDLE.getAcquire(controlChannel,
                ControlChannelLayout.GUEST_LANE_OFFSET);
        if (up) {
            if (guestWord == agreement && !isSpoilt()) {
                return LaneEvent.NONE;
            }
            startEpoch();
            return LaneEvent.DOWN;
        }
        if (!LaneState.INITIALIZED.isSaidBy(guestWord, epoch)) {
            return LaneEvent.NONE;
        }
        agreement = guestWord;
        return LaneEvent.RESET_RINGS;
    }

    /**
     * Whether somebody else has written over this side's word while the epoch runs. Saying nothing would leave a guest that finds
     * it waiting for ever; saying the word again could let one run on that has agreed to this epoch a second time, from position
     * zero, and draws no nonces. What the agent says in this driver's place is no such thing: that stands in the record, too.
     */
    private boolean isSpoilt() {
        long word = (long) SharedWord.LONG_HANDLE.getAcquire(controlChannel, ControlChannelLayout.HOST_LANE_OFFSET);
        return word != agreement
                && !(word == LaneState.NOT_INITIALIZED.word(epoch) && agentSaysLeft());
    }

    private boolean agentSaysLeft() {
        long recorded = (long) SharedWord.LONG_HANDLE.getAcquire(record, LinkRecordLayout.HOST_LANE_OFFSET);
        return recorded == LaneState.NOT_INITIALIZED.word(epoch);
    }

    /** Completes the epoch and lets descriptors flow: the rings are empty and every buffer is the host's. */
    @Override
    public void agree() {
        up = true;
        publish(agreement);
    }

    /**
     * Says again what was said last. An agent that has lost sight of this driver says in its place that the host has left; a
     * guest that has seen this comes back to the same epoch, with everything that is on its way. Where somebody else has written
     * over it, asks for a new epoch.
     */
    @Override
    public void repeat() {
        if (!up) {
            publish(LaneState.INITIALIZING.word(epoch));
            return;
        }
        long said = agentSaysLeft() ? LaneState.NOT_INITIALIZED.word(epoch) : agreement;
        // In one step: what is put there between a look and a store could bring a guest without nonces into this epoch again.
        long found = (long) SharedWord.LONG_HANDLE.compareAndExchange(controlChannel,
                ControlChannelLayout.HOST_LANE_OFFSET, said, agreement);
        if (found == said || found == agreement) {
            SharedWord.LONG_HANDLE.setRelease(record, LinkRecordLayout.HOST_LANE_OFFSET, agreement);
        } else {
            startEpoch();
        }
    }

    /** Leaves the link, for good. Buffers that the guest holds stay lent until the next driver's epoch is acknowledged. */
    @Override
    public void detach() {
        up = false;
        publish(LaneState.NOT_INITIALIZED.word(epoch));
    }

    /** {@return whether descriptors may flow} */
    @Override
    public boolean isUp() {
        return up;
    }

    /** {@return the current epoch, unsigned} */
    @Override
    public int epoch() {
        return epoch;
    }

    @Override
    public long word() {
        return agreement;
    }

    private void startEpoch() {
        up = false;
        epoch++;
        publish(LaneState.INITIALIZING.word(epoch));
    }

    private void publish(long word) {
        // The private copy first: a driver that dies between the two lines must not let an epoch be used twice.
        SharedWord.LONG_HANDLE.setRelease(record, LinkRecordLayout.HOST_LANE_OFFSET, word);
        SharedWord.LONG_HANDLE.setRelease(controlChannel, ControlChannelLayout.HOST_LANE_OFFSET, word);
    }
}
