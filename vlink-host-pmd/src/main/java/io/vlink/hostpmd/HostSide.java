// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.lane.EpochSide;
import io.vlink.infra.lane.HostLane;
import io.vlink.infra.lane.Lane;
import java.lang.foreign.MemorySegment;

/** What the host does with the epochs of a link: it counts them, and with each it takes its buffers back. */
final class HostSide implements EpochSide {
    private final MemorySegment controlChannel;
    private final MemorySegment record;
    private final HostChannel[][] channelsOfQueue;

    /**
     * The host's side.
     *
     * @param controlChannel  the link's control channel
     * @param record          the link record
     * @param channelsOfQueue the channels of each queue
     */
    HostSide(MemorySegment controlChannel, MemorySegment record, HostChannel[][] channelsOfQueue) {
        this.controlChannel = controlChannel;
        this.record = record;
        this.channelsOfQueue = channelsOfQueue;
    }

    @Override
    public Lane join() {
        return new HostLane(controlChannel, record);
    }

    @Override
    public void leave(Lane lane) {
        lane.detach();
    }

    @Override
    public void reset(int queue, int epoch) {
        for (HostChannel channel : channelsOfQueue[queue]) {
            channel.reset(epoch);
        }
    }

    /** Nothing: a channel that is reset is ready for packets. */
    @Override
    public void begin(int queue) {
    }

    /** Nothing: what the program holds is the host's, whatever the epoch. */
    @Override
    public void end(int queue) {
    }
}
