// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.linkconfig;

import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.pci.Limits;
import java.util.Objects;

/**
 * One link of a domain: one line of {@code link.config}. Immutable; one that exists obeys the limits.
 *
 * @param name      1 to 63 letters, digits and {@code _ . -}; unique in an agent
 * @param mac       the guest's address on the link
 * @param channels  2 to 16, the control channel included
 * @param queueSize descriptors in each ring, a power of two; room for two packets of the largest size
 * @param mtu       largest payload of a frame in bytes; a frame has 14 more
 */
public record LinkDefinition(String name, MacAddress mac, int channels, int queueSize, int mtu) {
    /**
     * A checked link.
     *
     * @throws IllegalArgumentException when a value breaks a rule, which the message names
     */
    public LinkDefinition {
        NameRules.check("link name", name);
        Objects.requireNonNull(mac, "mac");
        checkChannels(channels);
        RingLayout.checkQueueSize(queueSize);
        checkMtu(mtu);
        checkLargestPacket(queueSize, mtu);
    }

    /** {@return the channels that carry packets: all but the control channel} */
    public int dataChannels() {
        return channels - 1;
    }

    /** {@return the link as a line of {@code link.config} without line end, every option written out} */
    public String toLine() {
        return name + " " + mac + " " + channels + " " + LinkOption.QUEUE_SIZE.key() + "=" + queueSize + " "
                + LinkOption.MTU.key() + "=" + mtu;
    }

    static int checkChannels(int channels) {
        if (channels < Limits.MIN_CHANNELS_PER_LINK || channels > Limits.MAX_CHANNELS_PER_LINK) {
            throw new IllegalArgumentException("channels must be " + Limits.MIN_CHANNELS_PER_LINK + " to "
                    + Limits.MAX_CHANNELS_PER_LINK + ", the control channel included: channels=" + channels);
        }
        return channels;
    }

    static int checkMtu(int mtu) {
        if (mtu < Limits.MIN_MTU || mtu > Limits.MAX_MTU) {
            throw new IllegalArgumentException(
                    "mtu must be " + Limits.MIN_MTU + " to " + Limits.MAX_MTU + " bytes: mtu=" + mtu);
        }
        return mtu;
    }

    // A packet is put on a ring whole or not at all. With room for one only, a ring would stand still while it is taken.
    static int checkLargestPacket(int queueSize, int mtu) {
        int descriptors = (mtu + Limits.MIN_FRAME_BYTES + Limits.BUFFER_BYTES - 1) / Limits.BUFFER_BYTES;
        if (queueSize < 2 * descriptors) {
            int enough = Integer.highestOneBit(2 * descriptors - 1) << 1;
            int largest = queueSize / 2 * Limits.BUFFER_BYTES - Limits.MIN_FRAME_BYTES;
            throw new IllegalArgumentException("queue_size must have room for two of the largest packets, "
                    + descriptors + " descriptors each: queue_size=" + queueSize + " mtu=" + mtu
                    + "; right would be queue_size=" + enough + " or more, or mtu=" + largest + " or less");
        }
        return queueSize;
    }
}
