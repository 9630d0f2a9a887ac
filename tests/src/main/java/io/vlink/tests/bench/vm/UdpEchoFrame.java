// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench.vm;

import io.vlink.infra.port.MacAddress;
import io.vlink.traffic.frame.UdpFlow;
import io.vlink.traffic.frame.UdpFrame;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * The frames that {@code pktgen} sends over vlink, for a guest's own network stack: the answer comes with addresses and ports
 * exchanged. One thread.
 */
final class UdpEchoFrame {
    private static final int ETHERTYPE_OFFSET = 12;
    private static final short ETHERTYPE_IPV4 = 0x0800;
    private static final int PROTOCOL_OFFSET = 23;
    private static final int PROTOCOL_UDP = 17;
    private static final int SOURCE_PORT_OFFSET = 34;
    private static final int DESTINATION_PORT_OFFSET = 36;
    /** Where {@link UdpFrame} puts the sequence number, little-endian. */
    private static final int SEQUENCE_OFFSET = 44;

    private final UdpFlow flow;
    private final UdpFrame template;

    /**
     * Frames for a guest.
     *
     * @param guestMac MAC address of its network device
     * @param size     frame size in bytes, FCS counted
     */
    UdpEchoFrame(MacAddress guestMac, int size) {
        flow = UdpFlow.ofStream(guestMac, 0);
        template = new UdpFrame(flow, 0, size);
    }

    /** {@return bytes of a frame, FCS not counted} */
    int bytes() {
        return template.frameBytes();
    }

    /**
     * Writes a frame.
     *
     * @param memory   where to
     * @param offset   of the frame's first byte
     * @param sequence its number
     */
    void build(MemorySegment memory, long offset, long sequence) {
        template.build(memory, offset, sequence, 0);
    }

    /**
     * Reads an answer.
     *
     * @param buffer big-endian
     * @param at     index of the frame's first byte
     * @param bytes  the frame's length
     * @return its sequence number; -1 if it is something else, such as a neighbour solicitation of the guest's kernel
     */
    long sequenceOfAnswer(ByteBuffer buffer, int at, int bytes) {
        if (bytes != template.frameBytes() || buffer.getShort(at + ETHERTYPE_OFFSET) != ETHERTYPE_IPV4
                || buffer.get(at + PROTOCOL_OFFSET) != PROTOCOL_UDP
                || (buffer.getShort(at + SOURCE_PORT_OFFSET) & 0xffff) != flow.destinationPort()
                || (buffer.getShort(at + DESTINATION_PORT_OFFSET) & 0xffff) != flow.sourcePort()) {
            return -1;
        }
        return Long.reverseBytes(buffer.getLong(at + SEQUENCE_OFFSET));
    }
}
