// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/** The frame that is bounced: an Ethernet header of the type for local experiments (IEEE 802, 88B5), then a number. */
final class TestFrame {
    /** Shortest frame that has room for the number. */
    static final int MIN_BYTES = 24;
    private static final long NUMBER_OFFSET = 16;

    /** Bytes 8 to 15 as a little-endian word: the rest of the source address, the type, no payload yet. */
    private static final long HEAD_END = 0x0000_B588_0000_0000L;

    private TestFrame() {
    }

    /** Writes what makes a frame of a buffer, but for its number: the same line of memory. */
    static void head(MemorySegment region, long offset) {
        region.set(JAVA_LONG_UNALIGNED, offset, 0x0056_0000_0000_0052L);
        region.set(JAVA_LONG_UNALIGNED, offset + 8, HEAD_END);
    }

    static void number(MemorySegment region, long offset, long number) {
        region.set(JAVA_LONG_UNALIGNED, offset + NUMBER_OFFSET, number);
    }

    static long number(MemorySegment region, long offset) {
        return region.get(JAVA_LONG_UNALIGNED, offset + NUMBER_OFFSET);
    }
}
