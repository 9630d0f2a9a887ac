// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.traced;

import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.tests.rings.model.Access;
import io.vlink.tests.rings.model.LaneAction;
import io.vlink.tests.rings.model.LaneModel;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Both real lanes of a link, whose accesses of lane words are seen, doing what a driver and a guest program do with them. */
public interface TracedLanes {
    /** Bytes of the memory: a control channel, then a link record. */
    long BYTES = 8192;

    /**
     * Does one action of the model to its end.
     *
     * @param action a possible action
     */
    void run(LaneAction action);

    /** {@return whether the host lane is there and up} */
    boolean isHostUp();

    /** {@return whether the guest lane is there and up} */
    boolean isGuestUp();

    /**
     * A link without anybody on it; accesses are written down from now on.
     *
     * @param memory {@link #BYTES}, zero
     * @return its sides
     */
    static TracedLanes over(MemorySegment memory) {
        AccessTrace.of(memory, TracedLanes::cell);
        return (TracedLanes) TracingLoader.make("LinkedLanes", memory);
    }

    private static int cell(long offset) {
        if (offset == ControlChannelLayout.HOST_LANE_OFFSET) {
            return LaneModel.HOST_WORD;
        }
        // The record is the host's own: its order is not the guest's business.
        return offset == ControlChannelLayout.GUEST_LANE_OFFSET ? LaneModel.GUEST_WORD : -1;
    }

    /** {@return the accesses since the last call, in program order} */
    static List<Access> takeAccesses() {
        return AccessTrace.take();
    }
}
