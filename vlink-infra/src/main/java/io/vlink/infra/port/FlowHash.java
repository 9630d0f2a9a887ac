// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.port;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A hash of the flow that a packet belongs to, the same in both directions, so that a flow and its answers share a channel:
 * addresses, protocol and ports of IPv4 TCP, UDP and SCTP (fragments: without ports); of all else the MAC addresses and the type.
 * It reads the packet once and believes nothing, as the result only picks a queue. Any thread.
 */
public final class FlowHash {
    private static final int ETHERTYPE_OFFSET = 12;
    private static final int IP_OFFSET = 14;
    private static final int PORTS_OFFSET = 34;
    private static final int FRAGMENT_OFFSET = IP_OFFSET + 6;
    private static final int PROTOCOL_OFFSET = IP_OFFSET + 9;
    private static final int ADDRESSES_OFFSET = IP_OFFSET + 12;
    private static final int HEADERS_END = PORTS_OFFSET + 4;
    /** IPv4's type and "version 4, no options", as they stand in memory: 08 00 45. */
    private static final int PLAIN_IPV4 = 0x45_00_08;
    /** More-fragments bit and fragment offset, as they stand in memory. */
    private static final int FRAGMENT_MASK = 0xff_3f;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int SCTP = 132;

    // Unaligned: a packet may start anywhere in its buffer. Little-endian: as the constants above are written.
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    private FlowHash() {
    }

    /**
     * The hash of a packet's flow.
     *
     * @param memory the packet region
     * @param offset where the packet starts
     * @param length its bytes, at least 14
     * @return any number, all of its bits equally good
     */
    public static int of(MemorySegment memory, long offset, int length) {
        if (length >= HEADERS_END && (memory.get(INT, offset + ETHERTYPE_OFFSET) & 0xff_ffff) == PLAIN_IPV4) {
            return mix(ipv4Flow(memory, offset));
        }
        // MACs at 0 and 6: as 4 + 2 bytes each, so that nothing is shifted around.
        int high = memory.get(INT, offset) ^ memory.get(INT, offset + 6);
        int low = memory.get(SHORT, offset + 4) ^ memory.get(SHORT, offset + 10);
        int type = memory.get(SHORT, offset + ETHERTYPE_OFFSET);
        return mix((long) high << 32 | (low & 0xffffL) << 16 | (type & 0xffffL));
    }

    /**
     * The one of several that a flow goes to: a bond of channels picks so.
     *
     * @param hash   the flow's hash
     * @param number how many there are, at least 1
     * @return 0 to that number - 1
     */
    public static int pick(int hash, int number) {
        return (int) ((Integer.toUnsignedLong(hash) * number) >>> 32);
    }

    private static long ipv4Flow(MemorySegment memory, long offset) {
        long addresses = memory.get(LONG, offset + ADDRESSES_OFFSET);
        long flow = (addresses ^ (addresses >>> 32)) & 0xffff_ffffL;
        int protocol = memory.get(BYTE, offset + PROTOCOL_OFFSET) & 0xff;
        boolean fragment = (memory.get(SHORT, offset + FRAGMENT_OFFSET) & FRAGMENT_MASK) != 0;
        if (!fragment && (protocol == TCP || protocol == UDP || protocol == SCTP)) {
            int ports = memory.get(INT, offset + PORTS_OFFSET);
            flow |= (long) ((ports ^ (ports >>> 16)) & 0xffff) << 32;
        }
        return flow | (long) protocol << 48;
    }

    /** Spreads a change of any bit over all (the finisher of SplitMix64). */
    private static int mix(long flow) {
        long z = (flow ^ (flow >>> 30)) * 0xbf58_476d_1ce4_e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d0_49bb_1331_11ebL;
        return (int) (z >>> 32);
    }
}
