// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.frame;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Where the parts of a test frame are, in bytes from its first one. Headers are in network order as their standards say; the
 * payload is ours and little-endian. The header is cut into words so that a frame is written and compared a word at a time.
 *
 * <pre>
 *  0 destination MAC, 6 source MAC, 12 type                     Ethernet II
 * 14 IPv4 header, 20 bytes without options                      RFC 791
 * 34 source port, 36 destination port, 38 length, 40 checksum   UDP, RFC 768
 * 42 stream u8, 43 magic u8                                     payload
 * 44 sequence u64
 * 52 transmit time u64, nanoseconds of the sender's monotonic clock
 * 60 pattern: whole 64-bit words made from the sequence, the last one cut off where the frame ends
 * </pre>
 */
final class FrameLayout {
    static final int ETHERNET_HEADER_BYTES = 14;
    static final int IP_OFFSET = 14;
    static final int IP_HEADER_BYTES = 20;
    static final int UDP_OFFSET = 34;
    static final int UDP_HEADER_BYTES = 8;
    static final int CHECKSUM_OFFSET = 40;
    static final int STREAM_OFFSET = 42;
    static final int MAGIC_OFFSET = 43;
    static final int SEQUENCE_OFFSET = 44;
    static final int TIME_OFFSET = 52;
    static final int PATTERN_OFFSET = 60;
    /** Marks the payload as ours. */
    static final int MAGIC = 0x76;

    // Unaligned: a packet may start anywhere in its buffer, and sequence and time never fall on multiples of 8.
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    private FrameLayout() {
    }
}
