// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import io.vlink.guest.device.DeviceException;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.pci.Limits;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * What a control channel says of its link: a checked copy, so that shared memory is read once.
 *
 * @param index       index of the link
 * @param name        its name
 * @param mac         its MAC address as text
 * @param queueSize   descriptors in each ring
 * @param mtu         bytes
 * @param bufferBytes bytes of a packet buffer, a power of two
 * @param channels    directory row of each data channel, in queue order
 */
@SuppressWarnings("ArrayRecordComponent") // read once, never compared
record LinkDescription(int index, String name, String mac, int queueSize, int mtu, int bufferBytes, int[] channels) {
    private static final int MAC_BYTES = 6;

    /**
     * Reads and checks a control channel.
     *
     * @param control   exactly the control channel
     * @param link      index that the device gave the link
     * @param pageBytes bytes of a translation page: no buffer may be larger
     * @return the copy
     * @throws DeviceException if a number is out of range
     */
    static LinkDescription read(MemorySegment control, int link, long pageBytes) {
        require(control.get(SharedWord.INT, ControlChannelLayout.MAGIC_OFFSET), ControlChannelLayout.MAGIC, "magic",
                link);
        require(control.get(SharedWord.INT, ControlChannelLayout.LINK_INDEX_OFFSET), link, "link", link);
        int queues = control.get(SharedWord.INT, ControlChannelLayout.DATA_CHANNEL_COUNT_OFFSET);
        if (queues < 1 || queues > Limits.MAX_DATA_CHANNELS_PER_LINK) {
            throw bad(link, "data_channels", queues);
        }
        int[] channels = new int[queues];
        for (int i = 0; i < queues; i++) {
            channels[i] = control.get(SharedWord.INT, ControlChannelLayout.dataChannelOffset(i));
        }
        int queueSize = control.get(SharedWord.INT, ControlChannelLayout.QUEUE_SIZE_OFFSET);
        try {
            RingLayout.checkQueueSize(queueSize);
        } catch (IllegalArgumentException e) {
            throw new DeviceException(bad(link, "queue_size", queueSize).getMessage(), e);
        }
        int bufferBytes = control.get(SharedWord.INT, ControlChannelLayout.BUFFER_BYTES_OFFSET);
        if (bufferBytes < Limits.MIN_FRAME_BYTES || Integer.bitCount(bufferBytes) != 1 || bufferBytes > pageBytes) {
            throw bad(link, "buffer_bytes", bufferBytes);
        }
        int mtu = control.get(SharedWord.INT, ControlChannelLayout.MTU_OFFSET);
        if (mtu < Limits.MIN_MTU || mtu > Limits.MAX_MTU) {
            throw bad(link, "mtu", mtu);
        }
        return new LinkDescription(link, nameAt(control, ControlChannelLayout.NAME_OFFSET), macOf(control), queueSize,
                mtu, bufferBytes, channels);
    }

    /**
     * Reads a name field.
     *
     * @param memory shared memory
     * @param offset of the field
     * @return the name, with anything that is no printable character as {@code ?}
     */
    static String nameAt(MemorySegment memory, long offset) {
        byte[] bytes = new byte[Limits.MAX_NAME_BYTES];
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset, bytes, 0, bytes.length);
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        char[] name = new String(bytes, 0, length, StandardCharsets.UTF_8).toCharArray();
        for (int i = 0; i < name.length; i++) {
            // A name goes to terminals and into JSON; the host is not trusted with escape sequences.
            name[i] = Character.isISOControl(name[i]) ? '?' : name[i];
        }
        return new String(name);
    }

    private static String macOf(MemorySegment control) {
        StringBuilder text = new StringBuilder(3 * MAC_BYTES);
        for (int i = 0; i < MAC_BYTES; i++) {
            int octet = control.get(ValueLayout.JAVA_BYTE, ControlChannelLayout.MAC_OFFSET + i) & 0xff;
            text.append(i == 0 ? "" : ":").append(Character.forDigit(octet >> 4, 16))
                    .append(Character.forDigit(octet & 0xf, 16));
        }
        return text.toString();
    }

    private static void require(int seen, int expected, String what, int link) {
        if (seen != expected) {
            throw bad(link, what, seen);
        }
    }

    private static DeviceException bad(int link, String what, int value) {
        return new DeviceException("control channel has an impossible value: link=" + link + " " + what + "=" + value
                + ": agent and guest do not fit together: use the same vlink version");
    }
}
