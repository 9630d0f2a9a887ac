// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.frame;

import io.vlink.infra.port.MacAddress;

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
        return new UdpFlow(GENERATOR_MAC, destinationMac, GENERATOR_ADDRESS, ECHO_ADDRESS, FIRST_SOURCE_PORT + stream,
                ECHO_PORT);
    }

    /** {@return the flow as an echo sends it back: the MAC addresses change places, nothing else does} */
    public UdpFlow withMacsSwapped() {
        return new UdpFlow(/* sourceMac= */ destinationMac, /* destinationMac= */ sourceMac, sourceAddress,
                destinationAddress, sourcePort, destinationPort);
    }
}
