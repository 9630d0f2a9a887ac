// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.channel;

import io.vlink.spec.pci.Limits;

/**
 * A control channel: one 4 KiB block that describes a link and holds both lane words (SPEC.md section 6). The agent writes
 * the description; the host lane writes only the host word, the guest lane only the guest word.
 *
 * <pre>
 * 0x000 magic          u32    "VLCC"
 * 0x004 link           u32    index of the link
 * 0x008 name           64 B   UTF-8, zero-terminated
 * 0x048 mac            6 B    in transmission order
 * 0x050 data channels  u32    1 to 15
 * 0x054 queue size     u32    descriptors in each ring
 * 0x058 mtu            u32    bytes
 * 0x05c buffer bytes   u32    of one packet buffer
 * 0x060 channel        15 u32 directory index of each data channel
 * 0x100 host lane      u64    lane word (LaneState; host writes)
 * 0x180 guest lane     u64    lane word (guest writes)
 * </pre>
 */
public final class ControlChannelLayout {
    /** Offset of the magic number, 4 bytes. */
    public static final long MAGIC_OFFSET = 0x000;
    /** Offset of the link's index, 4 bytes. */
    public static final long LINK_INDEX_OFFSET = 0x004;
    /** Offset of the link's name, 64 bytes. */
    public static final long NAME_OFFSET = 0x008;
    /** Offset of the MAC address, 6 bytes. */
    public static final long MAC_OFFSET = 0x048;
    /** Offset of the number of data channels, 4 bytes. */
    public static final long DATA_CHANNEL_COUNT_OFFSET = 0x050;
    /** Offset of the queue size in descriptors, 4 bytes. */
    public static final long QUEUE_SIZE_OFFSET = 0x054;
    /** Offset of the MTU in bytes, 4 bytes. */
    public static final long MTU_OFFSET = 0x058;
    /** Offset of the buffer size in bytes, 4 bytes. */
    public static final long BUFFER_BYTES_OFFSET = 0x05c;
    /** Offset of the first data channel's directory index; one u32 each. */
    public static final long DATA_CHANNEL_OFFSET = 0x060;
    /** Offset of the host lane's word, 8 bytes, in a 128-byte block of its own. */
    public static final long HOST_LANE_OFFSET = 0x100;
    /** Offset of the guest lane's word, 8 bytes, in a 128-byte block of its own. */
    public static final long GUEST_LANE_OFFSET = 0x180;

    /** "VLCC" as bytes in memory. */
    public static final int MAGIC = 0x4343_4c56;
    /** Bytes of a control channel. */
    public static final long BYTES = 4_096;

    private ControlChannelLayout() {
    }

    /**
     * Offset of a data channel's directory index.
     *
     * @param queue data channel of the link, from 0
     * @return bytes from the start of the control channel
     */
    public static long dataChannelOffset(int queue) {
        if (queue < 0 || queue >= Limits.MAX_DATA_CHANNELS_PER_LINK) {
            throw new IllegalArgumentException("queue must be 0 to 14: queue=" + queue);
        }
        return DATA_CHANNEL_OFFSET + queue * 4L;
    }
}
