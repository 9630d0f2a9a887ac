// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.linkconfig.LinkDefinition;
import io.vlink.spec.channel.ChannelMemoryLayout;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.DataChannelLayout;
import io.vlink.spec.control.StatusCode;
import io.vlink.spec.pci.Limits;
import java.util.ArrayList;
import java.util.List;

/**
 * Where each channel of a domain stands in channel memory: every link's control channel, then its data channels, links in
 * the order of link.config. Immutable.
 */
final class ChannelPlan {
    /**
     * One channel, which is one row of the directory.
     *
     * @param link    index of the link
     * @param ordinal number in its link: 0 the control channel
     * @param offset  bytes from the start of channel memory
     * @param bytes   size
     */
    record Channel(int link, int ordinal, long offset, long bytes) {
    }

    private final List<Channel> channels;
    private final int[] controlChannelOfLink;
    private final long totalBytes;

    private ChannelPlan(List<Channel> channels, int[] controlChannelOfLink, long totalBytes) {
        this.channels = List.copyOf(channels);
        this.controlChannelOfLink = controlChannelOfLink;
        this.totalBytes = totalBytes;
    }

    /**
     * Lays out a domain's channels.
     *
     * @param request the domain; room is kept for its {@code maxChannel}, with queues of the default size
     * @return the plan
     * @throws RequestException if there are more channels than {@code maxChannel}, or they need too much memory
     */
    static ChannelPlan of(DomainRequest request) throws RequestException {
        List<Channel> channels = new ArrayList<>();
        int[] controlChannels = new int[request.links().size()];
        long next = ChannelMemoryLayout.HEADER_BYTES;
        for (int link = 0; link < controlChannels.length; link++) {
            LinkDefinition wanted = request.links().get(link);
            controlChannels[link] = channels.size();
            for (int ordinal = 0; ordinal <= wanted.dataChannels(); ordinal++) {
                long bytes = ordinal == 0 ? ControlChannelLayout.BYTES : DataChannelLayout.bytes(wanted.queueSize());
                channels.add(new Channel(link, ordinal, next, bytes));
                next += bytes;
            }
        }
        if (channels.size() > request.maxChannel()) {
            throw new RequestException(StatusCode.INVALID,
                    "the links have more channels than max_channel: channels=" + channels.size() + " max_channel="
                            + request.maxChannel() + ": raise max_channel (at most "
                            + Limits.MAX_CHANNELS_PER_DOMAIN + ") or give links fewer channels");
        }
        long spare = (request.maxChannel() - channels.size()) * DataChannelLayout.bytes(Limits.DEFAULT_QUEUE_SIZE);
        return new ChannelPlan(channels, controlChannels, roundedTotal(request, next + spare));
    }

    private static long roundedTotal(DomainRequest request, long needed) throws RequestException {
        if (needed > ChannelMemoryLayout.MAX_TOTAL_BYTES) {
            throw new RequestException(StatusCode.INVALID,
                    "the channels need more than the largest channel memory: vm_domain=" + request.name() + " bytes="
                            + needed + " limit=" + ChannelMemoryLayout.MAX_TOTAL_BYTES
                            + ": lower queue_size=, the number of channels, or max_channel=");
        }
        long powerOfTwo = Long.highestOneBit(needed);
        long rounded = powerOfTwo == needed ? needed : powerOfTwo << 1;
        return Math.max(rounded, ChannelMemoryLayout.MIN_TOTAL_BYTES);
    }

    /** {@return the channels in the order of the directory} */
    List<Channel> channels() {
        return channels;
    }

    /**
     * The directory row of a link's control channel.
     *
     * @param link index of the link
     * @return the row; the link's data channels are the rows after it
     */
    int controlChannel(int link) {
        return controlChannelOfLink[link];
    }

    /** {@return bytes of channel memory, a power of two} */
    long totalBytes() {
        return totalBytes;
    }
}
