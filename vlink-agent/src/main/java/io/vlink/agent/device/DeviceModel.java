// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.device;

import io.vlink.spec.channel.ChannelMemoryLayout;
import io.vlink.spec.pci.BarShape;
import io.vlink.spec.pci.Limits;
import java.util.List;

/**
 * What is fixed about one domain's device for as long as it exists; immutable.
 *
 * @param shape how its memory BARs look
 * @param pageShift log2 of a page of the translation table
 * @param pageBusAddresses bus address of each page of the region, in order
 * @param region packet region
 * @param channelMemory channel memory
 * @param linkControlChannels number of the control channel of each link; {@link #NO_LINK} where a link does not exist
 * @param channelCount channels in channel memory, control channels included
 */
public record DeviceModel(BarShape shape, int pageShift, List<Long> pageBusAddresses, BarMemory region,
        BarMemory channelMemory,
        List<Integer> linkControlChannels, int channelCount) {
    /** In {@link #linkControlChannels}: there is no link at this index. */
    public static final int NO_LINK = -1;

    /**
     * Checks everything that a guest would stumble over.
     *
     * @throws IllegalArgumentException where a size is not a power of two or too large for the shape, the translation table does
     *             not cover the region, or there are too many links or channels
     */
    public DeviceModel {
        pageBusAddresses = List.copyOf(pageBusAddresses);
        linkControlChannels = List.copyOf(linkControlChannels);
        long largest = shape == BarShape.BAR32 ? BarShape.MAX_REGION_BYTES_BAR32 : Limits.MAX_REGION_BYTES;
        checkSize("region", region.bytes(), Limits.MIN_REGION_BYTES, largest);
        checkSize("channel memory", channelMemory.bytes(), ChannelMemoryLayout.MIN_TOTAL_BYTES,
                ChannelMemoryLayout.MAX_TOTAL_BYTES);
        if (pageShift < Limits.MIN_PAGE_SHIFT || pageShift > Limits.MAX_PAGE_SHIFT
                || (long) pageBusAddresses.size() << pageShift != region.bytes()) {
            throw new IllegalArgumentException(
                    "translation table must cover the region: pages=" + pageBusAddresses.size()
                            + " pageShift=" + pageShift + " bytes=" + region.bytes());
        }
        if (linkControlChannels.size() > Limits.MAX_LINKS || channelCount < 0
                || channelCount > Limits.MAX_CHANNELS_PER_DOMAIN) {
            throw new IllegalArgumentException("a domain has at most " + Limits.MAX_LINKS + " links and "
                    + Limits.MAX_CHANNELS_PER_DOMAIN + " channels: links=" + linkControlChannels.size() + " channels="
                    + channelCount);
        }
        for (int channel : linkControlChannels) {
            if (channel < NO_LINK || channel >= channelCount) {
                throw new IllegalArgumentException(
                        "control channel must be one of " + channelCount + " channels: channel=" + channel);
            }
        }
    }

    private static void checkSize(String what, long bytes, long least, long most) {
        if (Long.bitCount(bytes) != 1 || bytes < least || bytes > most) {
            throw new IllegalArgumentException(
                    what + " must be a power of two from " + least + " to " + most + " bytes: bytes=" + bytes);
        }
    }
}
