// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import io.vlink.guest.device.DeviceAccess;
import io.vlink.guest.device.DeviceException;
import io.vlink.infra.lane.GuestLane;
import io.vlink.infra.lane.LaneEvent;
import io.vlink.infra.translation.AddressTranslation;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.channel.SharedWord;
import java.lang.foreign.MemorySegment;

/**
 * One virtual link as the guest sees it. Looking at it touches nothing; {@link #attach} takes it, and from then on
 * {@link #poll} must be called before each round of bursts. One thread, and the link's queues belong to the same one.
 */
public final class GuestLink implements AutoCloseable {
    private final DeviceAccess access;
    private final MemorySegment controlChannel;
    private final LinkDescription description;
    private final GuestQueue[] queues;
    private GuestLane lane;
    private boolean claimed;

    /**
     * A link whose description has been checked.
     *
     * @param access         the device
     * @param controlChannel exactly the link's control channel
     * @param description    what stands in it
     * @param dataChannels   exactly the data channels, in queue order
     * @param translation    the device's page table
     */
    GuestLink(DeviceAccess access, MemorySegment controlChannel, LinkDescription description,
            MemorySegment[] dataChannels, AddressTranslation translation) {
        this.access = access;
        this.controlChannel = controlChannel;
        this.description = description;
        this.queues = new GuestQueue[dataChannels.length];
        for (int i = 0; i < queues.length; i++) {
            queues[i] = new GuestQueue(dataChannels[i], description.queueSize(), translation,
                    access.region(), description.bufferBytes(), description.mtu());
        }
    }

    /**
     * Takes the link for this program and asks the host for a new epoch; whoever drove it before is out. After {@link #close}
     * it may be taken again.
     *
     * @throws DeviceException if another program of this guest has the link, or this one already attached
     */
    public void attach() {
        if (lane != null) {
            throw new DeviceException("link is attached already: link=" + name());
        }
        claim();
        lane = new GuestLane(controlChannel);
    }

    /**
     * Takes the link for this program and does nothing with it yet; again does nothing.
     *
     * @throws DeviceException if another program of this guest has it
     */
    void claim() {
        claimed = claimed || access.claimLink(description.index());
        if (!claimed) {
            throw new DeviceException("link is in use by another program of this guest: link=" + name()
                    + ": stop the other vlink-guest, or name another link with --link");
        }
    }

    /**
     * Follows the host's lane, and says whether packets may flow. It says no at least once between two epochs: then every
     * packet and buffer that the caller still holds is the host's again and must be forgotten.
     *
     * @return true if the link is up
     */
    public boolean poll() {
        LaneEvent event = lane.poll();
        if (event != LaneEvent.NONE) {
            follow(event);
        }
        return lane.isUp();
    }

    private void follow(LaneEvent event) {
        for (GuestQueue queue : queues) {
            switch (event) {
                case RESET_RINGS -> queue.reset();
                case UP -> queue.start();
                case DOWN -> queue.stop();
                case NONE -> throw new AssertionError(event);
            }
        }
        if (event == LaneEvent.RESET_RINGS) {
            lane.agree();
        }
    }

    /** Leaves the link cleanly: the host sees the guest's lane as not initialized. Does nothing if it is not attached. */
    @Override
    public void close() {
        if (lane == null) {
            return;
        }
        for (GuestQueue queue : queues) {
            queue.stop();
        }
        lane.detach();
        lane = null;
    }

    /** {@return this side of the epoch handshake, or null while the link is not attached} */
    GuestLane lane() {
        return lane;
    }

    /** {@return exactly the link's control channel} */
    MemorySegment controlChannel() {
        return controlChannel;
    }

    /** {@return the index of the link in its domain} */
    public int index() {
        return description.index();
    }

    /** {@return the name, as in {@code link.config}} */
    public String name() {
        return description.name();
    }

    /** {@return the MAC address as text, such as {@code 52:54:00:12:34:56}} */
    public String mac() {
        return description.mac();
    }

    /** {@return the MTU in bytes} */
    public int mtu() {
        return description.mtu();
    }

    /** {@return descriptors in each ring} */
    public int queueSize() {
        return description.queueSize();
    }

    /** {@return bytes of a packet buffer} */
    public int bufferBytes() {
        return description.bufferBytes();
    }

    /** {@return data channels of the link} */
    public int queueCount() {
        return queues.length;
    }

    /**
     * A data channel of the link.
     *
     * @param queue 0 to {@link #queueCount} - 1
     * @return the queue
     * @throws IndexOutOfBoundsException for another number
     */
    public GuestQueue queue(int queue) {
        return queues[queue];
    }

    /** {@return the host lane's state at this moment} */
    public LaneState hostState() {
        return LaneState.of(laneWord(ControlChannelLayout.HOST_LANE_OFFSET));
    }

    /** {@return the guest lane's state at this moment, this program's or another's} */
    public LaneState guestState() {
        return LaneState.of(laneWord(ControlChannelLayout.GUEST_LANE_OFFSET));
    }

    /** {@return the epoch in the host's lane word, unsigned} */
    public int hostEpoch() {
        return LaneState.epoch(laneWord(ControlChannelLayout.HOST_LANE_OFFSET));
    }

    private long laneWord(long offset) {
        return (long) SharedWord.LONG_HANDLE.getAcquire(controlChannel, offset);
    }
}
