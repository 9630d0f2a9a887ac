// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.channel;

import io.vlink.spec.pci.Limits;

/**
 * Channel memory: a header with a directory of channels, then the channels (SPEC.md section 5). The agent writes all of the
 * header before a guest can see it, the magic last, and never reads it back.
 *
 * <pre>
 * 0x000 magic        u64   "VLINKCHM"
 * 0x008 version      u32   major << 16 | minor
 * 0x00c channels     u32   rows used in the directory
 * 0x010 bytes        u64   of channel memory, a power of two
 * 0x040 domain       64 B  UTF-8, zero-terminated
 * 0x080 directory    64 rows of 32 B
 * </pre>
 */
public final class ChannelMemoryLayout {
    /** Offset of the magic number, 8 bytes; written last, with release. */
    public static final long MAGIC_OFFSET = 0x000;
    /** Offset of the layout version, 4 bytes. */
    public static final long VERSION_OFFSET = 0x008;
    /** Offset of the number of channels, 4 bytes. */
    public static final long CHANNEL_COUNT_OFFSET = 0x00c;
    /** Offset of the total size in bytes, 8 bytes. */
    public static final long TOTAL_BYTES_OFFSET = 0x010;
    /** Offset of the domain's name. */
    public static final long DOMAIN_NAME_OFFSET = 0x040;
    /** Bytes of a name field, its terminating zero included. */
    public static final long NAME_FIELD_BYTES = 64;
    /** Offset of the directory's first row. */
    public static final long DIRECTORY_OFFSET = 0x080;
    /** Bytes of a directory row. */
    public static final long DIRECTORY_ROW_BYTES = 32;
    /** In a row: kind of channel, 4 bytes: one of the KIND constants. */
    public static final long ROW_KIND_OFFSET = 0x00;
    /** In a row: index of the link, 4 bytes. */
    public static final long ROW_LINK_OFFSET = 0x04;
    /** In a row: offset of the channel from the start of channel memory, 8 bytes. */
    public static final long ROW_CHANNEL_OFFSET = 0x08;
    /** In a row: bytes of the channel, 8 bytes. */
    public static final long ROW_BYTES_OFFSET = 0x10;
    /** In a row: number of the channel in its link, 4 bytes: 0 the control channel, data channels from 1. */
    public static final long ROW_ORDINAL_OFFSET = 0x18;
    /** In a row: descriptors in each ring, 4 bytes; 0 for a control channel. */
    public static final long ROW_QUEUE_SIZE_OFFSET = 0x1c;

    /** Kind of an unused row. */
    public static final int KIND_NONE = 0;
    /** Kind of a control channel. */
    public static final int KIND_CONTROL = 1;
    /** Kind of a data channel. */
    public static final int KIND_DATA = 2;

    /** "VLINKCHM" as bytes in memory. */
    public static final long MAGIC = 0x4d48_434b_4e49_4c56L;
    /** Layout version: the major half must match. */
    public static final int VERSION = 0x00010000;
    /** Bytes before the first channel. */
    public static final long HEADER_BYTES = 4_096;
    /** Channels start at, and their sizes are rounded up to, multiples of this. */
    public static final long CHANNEL_ALIGNMENT_BYTES = 4_096;
    /** Smallest channel memory in bytes. */
    public static final long MIN_TOTAL_BYTES = 65_536;
    /** Largest channel memory in bytes, so that a 32-bit BAR can hold it. */
    public static final long MAX_TOTAL_BYTES = 64L << 20;

    private ChannelMemoryLayout() {
    }

    /**
     * Offset of a directory row.
     *
     * @param channel channel number, 0 to {@value io.vlink.spec.pci.Limits#MAX_CHANNELS_PER_DOMAIN} - 1
     * @return bytes from the start of channel memory
     */
    public static long directoryRowOffset(int channel) {
        if (channel < 0 || channel >= Limits.MAX_CHANNELS_PER_DOMAIN) {
            throw new IllegalArgumentException("channel must be 0 to 63: channel=" + channel);
        }
        return DIRECTORY_OFFSET + channel * DIRECTORY_ROW_BYTES;
    }
}
