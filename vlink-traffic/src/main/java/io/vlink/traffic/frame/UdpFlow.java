// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.frame;

import io.vlink.infra.port.FlowHash;
import io.vlink.infra.port.MacAddress;
import java.lang.foreign.MemorySegment;

/**
 * The addresses of a stream of test frames. Immutable, any thread.
 *
 * @param sourceMac          who sends
 * @param destinationMac     who is to send it back
 * @param sourceAddress      IPv4 address, network order as a number
 * @param destinationAddress IPv4 address, network order as a number
 * @param sourcePort         UDP port, 0 to 65535
 * @param destinationPort    UDP port, 0 to 65535
 */
public record UdpFlow(MacAddress sourceMac, MacAddress destinationMac, int sourceAddress, int destinationAddress,
        int sourcePort, int destinationPort) {
    /** MAC address of generators: locally administered, "vlink" in letters. */
    public static final MacAddress GENERATOR_MAC = new MacAddress(0x02_76_6c_69_6e_6bL);
    /** First address of 198.18.0.0/15, which RFC 2544 sets aside for measurements. */
    public static final int GENERATOR_ADDRESS = 198 << 24 | 18 << 16 | 1;
    /** The address that generators send to. */
    public static final int ECHO_ADDRESS = 198 << 24 | 19 << 16 | 1;
    /** Source port of stream 0; stream n uses the n-th after it. */
    public static final int FIRST_SOURCE_PORT = 49_152;
    /** Last source port that is free to use (RFC 6335). */
    private static final int LAST_SOURCE_PORT = 65_535;
    /** The echo port (RFC 862). */
    public static final int ECHO_PORT = 7;

    /**
     * Checks the ports.
     *
     * @throws IllegalArgumentException for a port outside 0 to 65535
     */
    public UdpFlow {
        if ((sourcePort | destinationPort) >>> 16 != 0) {
            throw new IllegalArgumentException("UDP port must be 0 to 65535: source_port=" + sourcePort
                    + " destination_port=" + destinationPort);
        }
    }

    /**
     * The flow that generators use for a stream: streams differ in their source ports only.
     *
     * @param destinationMac MAC address of the link
     * @param stream         0 to {@value UdpFrame#MAX_STREAMS} - 1
     * @return the flow
     */
    public static UdpFlow ofStream(MacAddress destinationMac, int stream) {
        return ofPort(destinationMac, FIRST_SOURCE_PORT + stream);
    }

    private static UdpFlow ofPort(MacAddress destinationMac, int sourcePort) {
        return new UdpFlow(GENERATOR_MAC, destinationMac, GENERATOR_ADDRESS, ECHO_ADDRESS, sourcePort, ECHO_PORT);
    }

    /**
     * The flow that generators use on a queue of several: one that a peer which spreads flows over as many channels sends back
     * on the same queue, where the worker is that waits for it. Flows of different queues differ.
     *
     * @param destinationMac MAC address of the link
     * @param queue          0 to {@code queues} - 1
     * @param queues         queues of the port, each a data channel
     * @return the flow
     * @throws IllegalArgumentException if there is none, as for a queue out of range
     */
    public static UdpFlow ofQueue(MacAddress destinationMac, int queue, int queues) {
        for (int port = FIRST_SOURCE_PORT; port <= LAST_SOURCE_PORT; port++) {
            UdpFlow flow = ofPort(destinationMac, port);
            if (flow.channel(queues) == queue) {
                return flow;
            }
        }
        throw new IllegalArgumentException("no flow comes back on this queue: queue=" + queue + " queues=" + queues);
    }

    /**
     * The data channel that a bond sends the flow on, in either direction.
     *
     * @param channels data channels that are in use, at least 1
     * @return 0 to that number - 1
     */
    public int channel(int channels) {
        MemorySegment frame = MemorySegment.ofArray(new byte[UdpFrame.MIN_SIZE]);
        new UdpFrame(this, 0, UdpFrame.MIN_SIZE).build(frame, 0, 0, 0);
        return FlowHash.pick(FlowHash.of(frame, 0, UdpFrame.MIN_SIZE - UdpFrame.FCS_BYTES), channels);
    }

    /** {@return the flow as an echo sends it back: the MAC addresses change places, nothing else does} */
    public UdpFlow withMacsSwapped() {
        return new UdpFlow(/* sourceMac= */ destinationMac, /* destinationMac= */ sourceMac, sourceAddress,
                destinationAddress, sourcePort, destinationPort);
    }
}
