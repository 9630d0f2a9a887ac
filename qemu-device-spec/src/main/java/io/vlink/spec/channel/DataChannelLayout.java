// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.channel;

import io.vlink.spec.pci.Limits;

/**
 * A data channel: a header, the guest's counters, and four rings (SPEC.md section 8).
 *
 * <pre>
 * 0x000 magic       u32    "VLDC"          (agent writes)
 * 0x004 link        u32    index of the link
 * 0x008 ordinal     u32    1 to 15
 * 0x00c queue size  u32    descriptors in each ring
 * 0x080 counters    16 u64 GuestCounter    (guest writes)
 * 0x100 ring rx            host produces, guest consumes
 *       ring tx            guest produces, host consumes
 *       ring alloc         host produces, guest consumes
 *       ring free          guest produces, host consumes
 * </pre>
 */
public final class DataChannelLayout {
    /** Offset of the magic number, 4 bytes. */
    public static final long MAGIC_OFFSET = 0x000;
    /** Offset of the link's index, 4 bytes. */
    public static final long LINK_INDEX_OFFSET = 0x004;
    /** Offset of the channel's number in its link, 4 bytes. */
    public static final long ORDINAL_OFFSET = 0x008;
    /** Offset of the queue size in descriptors, 4 bytes. */
    public static final long QUEUE_SIZE_OFFSET = 0x00c;
    /** Offset of the guest's counters, 8 bytes each. */
    public static final long GUEST_COUNTERS_OFFSET = 0x080;
    /** Offset of the first ring. */
    public static final long RINGS_OFFSET = 0x100;

    /** "VLDC" as bytes in memory. */
    public static final int MAGIC = 0x4344_4c56;

    private DataChannelLayout() {
    }

    /**
     * Offset of a ring.
     *
     * @param ring      which of the four
     * @param queueSize descriptors in each ring, a power of two
     * @return bytes from the start of the data channel
     */
    public static long ringOffset(SubChannel ring, int queueSize) {
        return RINGS_OFFSET + ring.ordinal() * RingLayout.bytes(queueSize);
    }

    /**
     * Size of a data channel.
     *
     * @param queueSize descriptors in each ring, a power of two from {@value Limits#MIN_QUEUE_SIZE} to
     *                  {@value Limits#MAX_QUEUE_SIZE}
     * @return bytes, a multiple of {@value ChannelMemoryLayout#CHANNEL_ALIGNMENT_BYTES}
     */
    public static long bytes(int queueSize) {
        long end = RINGS_OFFSET + SubChannel.values().length * RingLayout.bytes(queueSize);
        long mask = ChannelMemoryLayout.CHANNEL_ALIGNMENT_BYTES - 1;
        return (end + mask) & ~mask;
    }
}
