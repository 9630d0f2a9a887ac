// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.echo;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Swaps the two MAC addresses at the start of a frame, in place (IEEE 802.3 §3.2.3). Touches 12 bytes, and no other. */
public final class MacSwap {
    private static final ValueLayout.OfLong FIRST_8 = ValueLayout.JAVA_LONG_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt NEXT_4 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle WORD = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle()
            .withInvokeExactBehavior();
    private static final long WORD_MASK = Long.BYTES - 1;
    /** Bytes of both addresses. */
    static final int BYTES = 12;
    private static final int MAC_BITS = 48;

    private MacSwap() {
    }

    /**
     * Swaps destination and source.
     *
     * @param region the packet region
     * @param offset of the frame's first byte; 12 bytes from there on must lie in the region
     */
    public static void swap(MemorySegment region, long offset) {
        swap(region, offset, region.get(FIRST_8, offset));
    }

    private static void swap(MemorySegment region, long offset, long first) {
        long next = region.get(NEXT_4, offset + Long.BYTES) & 0xffff_ffffL;
        // In little-endian words the destination is the low 48 bits of all 96, the source the high 48.
        long source = first >>> MAC_BITS | next << (Long.SIZE - MAC_BITS);
        region.set(FIRST_8, offset, source | first << MAC_BITS);
        region.set(NEXT_4, offset + Long.BYTES, (int) (first >>> (Long.SIZE - MAC_BITS)));
    }

    /**
     * As {@link #swap}, of a packet that came alone. Its line is the other processor's, and a load followed by a store would ask
     * for it twice, once to read and once to write; adding nothing asks to write at once. Among many packets the requests
     * overlap anyway, and this would keep them apart.
     *
     * @param region the packet region
     * @param offset of the frame's first byte; 12 bytes from there on must lie in the region
     */
    public static void swapAlone(MemorySegment region, long offset) {
        long first = (offset & WORD_MASK) == 0
                ? (long) WORD.getAndAdd(region, offset, 0L)
                : region.get(FIRST_8, offset);
        swap(region, offset, first);
    }
}
