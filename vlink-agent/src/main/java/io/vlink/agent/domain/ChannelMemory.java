// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.infra.os.Fd;
import io.vlink.linkconfig.LinkDefinition;
import io.vlink.spec.channel.ChannelMemoryLayout;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.DataChannelLayout;
import io.vlink.spec.channel.GuestCounter;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SubChannel;
import io.vlink.spec.pci.Limits;
import java.lang.foreign.MemorySegment;

/**
 * A domain's channel memory (SPEC.md sections 5 to 8). The agent writes descriptions and lane words here and, apart from
 * what it shows to people, reads nothing back: a guest can write all of it. The owner's lock guards the writes.
 */
final class ChannelMemory implements AutoCloseable {
    private final DomainRequest request;
    private final ChannelPlan plan;
    private final SharedBlock block;

    /**
     * Makes the memory and writes all descriptions.
     *
     * @param request the domain
     * @param plan    where its channels stand
     */
    ChannelMemory(DomainRequest request, ChannelPlan plan) {
        this(request, plan, new SharedBlock("vlink-channels-" + request.name(), plan.totalBytes()));
        describe();
    }

    private ChannelMemory(DomainRequest request, ChannelPlan plan, SharedBlock block) {
        this.request = request;
        this.plan = plan;
        this.block = block;
    }

    /**
     * Goes on with memory that the last agent made; guests and drivers may be using it, so nothing is written.
     *
     * @param request the domain
     * @param plan    where its channels stand
     * @param fd      the memory; closed if a check fails
     * @return the memory
     * @throws IllegalArgumentException if it is not what the plan says
     */
    static ChannelMemory adopt(DomainRequest request, ChannelPlan plan, Fd fd) {
        return new ChannelMemory(request, plan, SharedBlock.adopt(fd, plan.totalBytes()));
    }

    /**
     * Writes header, directory and descriptions, the magic last. A second guest on the same memory needs it too: the first
     * may have scribbled. Rings, counters and lane words stay as they are.
     */
    void describe() {
        block.putLongRelease(ChannelMemoryLayout.MAGIC_OFFSET, 0);
        block.putInt(ChannelMemoryLayout.VERSION_OFFSET, ChannelMemoryLayout.VERSION);
        block.putInt(ChannelMemoryLayout.CHANNEL_COUNT_OFFSET, plan.channels().size());
        block.putLong(ChannelMemoryLayout.TOTAL_BYTES_OFFSET, plan.totalBytes());
        block.putName(ChannelMemoryLayout.DOMAIN_NAME_OFFSET, request.name(), ChannelMemoryLayout.NAME_FIELD_BYTES);
        for (int row = 0; row < Limits.MAX_CHANNELS_PER_DOMAIN; row++) {
            describeRow(row);
        }
        for (ChannelPlan.Channel channel : plan.channels()) {
            if (channel.ordinal() == 0) {
                describeControlChannel(channel);
            } else {
                describeDataChannel(channel);
            }
        }
        block.putLongRelease(ChannelMemoryLayout.MAGIC_OFFSET, ChannelMemoryLayout.MAGIC);
    }

    private void describeRow(int row) {
        long at = ChannelMemoryLayout.directoryRowOffset(row);
        block.segment().asSlice(at, ChannelMemoryLayout.DIRECTORY_ROW_BYTES).fill((byte) 0);
        if (row >= plan.channels().size()) {
            return;
        }
        ChannelPlan.Channel channel = plan.channels().get(row);
        boolean control = channel.ordinal() == 0;
        block.putInt(at + ChannelMemoryLayout.ROW_KIND_OFFSET,
                control ? ChannelMemoryLayout.KIND_CONTROL : ChannelMemoryLayout.KIND_DATA);
        block.putInt(at + ChannelMemoryLayout.ROW_LINK_OFFSET, channel.link());
        block.putLong(at + ChannelMemoryLayout.ROW_CHANNEL_OFFSET, channel.offset());
        block.putLong(at + ChannelMemoryLayout.ROW_BYTES_OFFSET, channel.bytes());
        block.putInt(at + ChannelMemoryLayout.ROW_ORDINAL_OFFSET, channel.ordinal());
        block.putInt(at + ChannelMemoryLayout.ROW_QUEUE_SIZE_OFFSET, control ? 0 : link(channel).queueSize());
    }

    private void describeControlChannel(ChannelPlan.Channel channel) {
        long at = channel.offset();
        LinkDefinition link = link(channel);
        block.putInt(at + ControlChannelLayout.MAGIC_OFFSET, ControlChannelLayout.MAGIC);
        block.putInt(at + ControlChannelLayout.LINK_INDEX_OFFSET, channel.link());
        block.putName(at + ControlChannelLayout.NAME_OFFSET, link.name(), ChannelMemoryLayout.NAME_FIELD_BYTES);
        block.putBytes(at + ControlChannelLayout.MAC_OFFSET, link.mac().toBytes());
        block.putInt(at + ControlChannelLayout.DATA_CHANNEL_COUNT_OFFSET, link.dataChannels());
        block.putInt(at + ControlChannelLayout.QUEUE_SIZE_OFFSET, link.queueSize());
        block.putInt(at + ControlChannelLayout.MTU_OFFSET, link.mtu());
        block.putInt(at + ControlChannelLayout.BUFFER_BYTES_OFFSET, Limits.BUFFER_BYTES);
        for (int queue = 0; queue < Limits.MAX_DATA_CHANNELS_PER_LINK; queue++) {
            int row = queue < link.dataChannels() ? plan.controlChannel(channel.link()) + 1 + queue : 0;
            block.putInt(at + ControlChannelLayout.dataChannelOffset(queue), row);
        }
    }

    private void describeDataChannel(ChannelPlan.Channel channel) {
        long at = channel.offset();
        block.putInt(at + DataChannelLayout.MAGIC_OFFSET, DataChannelLayout.MAGIC);
        block.putInt(at + DataChannelLayout.LINK_INDEX_OFFSET, channel.link());
        block.putInt(at + DataChannelLayout.ORDINAL_OFFSET, channel.ordinal());
        block.putInt(at + DataChannelLayout.QUEUE_SIZE_OFFSET, link(channel).queueSize());
    }

    private LinkDefinition link(ChannelPlan.Channel channel) {
        return request.links().get(channel.link());
    }

    /** {@return where the channels stand} */
    ChannelPlan plan() {
        return plan;
    }

    /** {@return all of it} */
    MemorySegment segment() {
        return block.segment();
    }

    /** {@return the descriptor to pass on; stays ours} */
    Fd fd() {
        return block.fd();
    }

    /**
     * Offset of a channel.
     *
     * @param link    index of the link
     * @param ordinal number in its link: 0 the control channel
     * @return bytes from the start of channel memory
     */
    long channelOffset(int link, int ordinal) {
        return plan.channels().get(plan.controlChannel(link) + ordinal).offset();
    }

    /**
     * Says that no guest drives a link any more: the host driver may take back every buffer.
     *
     * @param link index of the link
     */
    void clearGuestLane(int link) {
        block.putLongRelease(channelOffset(link, 0) + ControlChannelLayout.GUEST_LANE_OFFSET,
                LaneState.NOT_INITIALIZED.word(0));
    }

    /**
     * Publishes the host lane's word.
     *
     * @param link index of the link
     * @param word epoch and state
     */
    void putHostLane(int link, long word) {
        block.putLongRelease(channelOffset(link, 0) + ControlChannelLayout.HOST_LANE_OFFSET, word);
    }

    /**
     * The guest lane's word, as the guest tells it: for people, not for decisions.
     *
     * @param link index of the link
     * @return epoch and state
     */
    long guestLane(int link) {
        return block.getLong(channelOffset(link, 0) + ControlChannelLayout.GUEST_LANE_OFFSET);
    }

    /**
     * One of the guest's counters, as the guest tells it.
     *
     * @param link    index of the link
     * @param ordinal data channel, from 1
     * @param counter which
     * @return any 64 bits
     */
    long guestCounter(int link, int ordinal, GuestCounter counter) {
        return block.getLong(channelOffset(link, ordinal) + counter.offset());
    }

    /**
     * How many descriptors were put on a ring in this epoch, as memory that a guest can write says.
     *
     * @param link    index of the link
     * @param ordinal data channel, from 1
     * @param ring    which of the four
     * @return any 64 bits
     */
    long produced(int link, int ordinal, SubChannel ring) {
        return block.getLong(ringOffset(link, ordinal, ring) + RingLayout.PRODUCER_OFFSET);
    }

    /**
     * How many descriptors were taken from a ring in this epoch, as memory that a guest can write says.
     *
     * @param link    index of the link
     * @param ordinal data channel, from 1
     * @param ring    which of the four
     * @return any 64 bits
     */
    long consumed(int link, int ordinal, SubChannel ring) {
        return block.getLong(ringOffset(link, ordinal, ring) + RingLayout.CONSUMER_OFFSET);
    }

    private long ringOffset(int link, int ordinal, SubChannel ring) {
        return channelOffset(link, ordinal)
                + DataChannelLayout.ringOffset(ring, request.links().get(link).queueSize());
    }

    @Override
    public void close() {
        block.close();
    }
}
