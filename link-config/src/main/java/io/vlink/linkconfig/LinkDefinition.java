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
 * @param queueSize descriptors in each ring, a power of two
 */
public record LinkDefinition(String name, MacAddress mac, int channels, int queueSize) {
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
    }

    /** {@return the channels that carry packets: all but the control channel} */
    public int dataChannels() {
        return channels - 1;
    }

    /** {@return the link as a line of {@code link.config} without line end, every option written out} */
    public String toLine() {
        return name + " " + mac + " " + channels + " " + LinkConfigParser.QUEUE_SIZE + "=" + queueSize;
    }

    static int checkChannels(int channels) {
        if (channels < Limits.MIN_CHANNELS_PER_LINK || channels > Limits.MAX_CHANNELS_PER_LINK) {
            throw new IllegalArgumentException("channels must be " + Limits.MIN_CHANNELS_PER_LINK + " to "
                    + Limits.MAX_CHANNELS_PER_LINK + ", the control channel included: channels=" + channels);
        }
        return channels;
    }
}
