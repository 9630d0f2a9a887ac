// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.traced;

import io.vlink.infra.lane.GuestLane;
import io.vlink.infra.lane.HostLane;
import io.vlink.infra.lane.LaneEvent;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.record.LinkRecordLayout;
import io.vlink.tests.rings.model.LaneAction;
import java.lang.foreign.MemorySegment;

/** Linked against the lanes that {@link TracingLoader} has rewritten; made through {@link TracedLanes#over}. */
public final class LinkedLanes implements TracedLanes {
    /** As in the model. */
    private static final int NONCES = 3;
    private static final int OTHER_NONCE = 3;

    private final MemorySegment control;
    private final MemorySegment record;
    private HostLane host;
    private GuestLane guest;
    private int nonce;

    /**
     * A link without anybody on it.
     *
     * @param memory control channel and record
     */
    public LinkedLanes(MemorySegment memory) {
        control = memory.asSlice(0, BYTES / 2);
        record = memory.asSlice(BYTES / 2);
    }

    @Override
    public void run(LaneAction action) {
        switch (action) {
            case HOST_POLLS -> {
                if (host.poll() == LaneEvent.RESET_RINGS) {
                    host.agree();
                }
            }
            case HOST_REPEATS -> host.repeat();
            case GUEST_POLLS -> {
                if (guest.poll() == LaneEvent.RESET_RINGS) {
                    guest.agree();
                }
            }
            case HOST_COMES -> host = new HostLane(control, record);
            case GUEST_COMES -> guest = new GuestLane(control, () -> nonce++ % NONCES);
            case HOST_LEAVES -> {
                host.detach();
                host = null;
            }
            case GUEST_LEAVES -> {
                guest.detach();
                guest = null;
            }
            case HOST_DIES -> host = null;
            case GUEST_DIES -> guest = null;
            case DEVICE_RESETS -> control.set(SharedWord.LONG, ControlChannelLayout.GUEST_LANE_OFFSET, 0L);
            case AGENT_LOSES_HOST -> {
                long word = LaneState.NOT_INITIALIZED.word(recordedEpoch());
                record.set(SharedWord.LONG, LinkRecordLayout.HOST_LANE_OFFSET, word);
                spoil(word);
            }
            case GUEST_AGREES_FALSELY -> agree(recordedEpoch());
            case GUEST_AGREES_TO_THE_NEXT -> agree(recordedEpoch() + 1);
            case SPOILT_TO_WAITING -> spoil(LaneState.INITIALIZING.word(recordedEpoch()));
            case SPOILT_TO_RUNNING -> spoil(LaneState.INITIALIZED.word(recordedEpoch(), OTHER_NONCE));
            case SPOILT_TO_LEFT -> spoil(LaneState.NOT_INITIALIZED.word(recordedEpoch()));
            case SPOILT_TO_NEXT_WAITING -> spoil(LaneState.INITIALIZING.word(recordedEpoch() + 1));
            case SPOILT_TO_NEXT_RUNNING -> spoil(LaneState.INITIALIZED.word(recordedEpoch() + 1, OTHER_NONCE));
            case HOST_TOUCHES, GUEST_TOUCHES, GUEST_DIRTIES ->
                throw new IllegalArgumentException("lanes touch no rings: " + action);
        }
    }

    private int recordedEpoch() {
        return LaneState.epoch(record.get(SharedWord.LONG, LinkRecordLayout.HOST_LANE_OFFSET));
    }

    /** Not by a lane, so not an access that is written down. */
    private void spoil(long word) {
        control.set(SharedWord.LONG, ControlChannelLayout.HOST_LANE_OFFSET, word);
    }

    private void agree(int epoch) {
        control.set(SharedWord.LONG, ControlChannelLayout.GUEST_LANE_OFFSET,
                LaneState.INITIALIZED.word(epoch, OTHER_NONCE));
    }

    @Override
    public boolean isHostUp() {
        return host != null && host.isUp();
    }

    @Override
    public boolean isGuestUp() {
        return guest != null && guest.isUp();
    }
}
