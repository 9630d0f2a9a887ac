// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.port;

import java.util.HexFormat;

/**
 * A MAC address. Immutable, any thread.
 *
 * @param bits the 48 bits, the first byte on the wire in bits 40 to 47
 */
public record MacAddress(long bits) {
    /** Bytes of an address. */
    public static final int BYTES = 6;

    /**
     * Checks the range.
     *
     * @throws IllegalArgumentException if more than 48 bits are set
     */
    public MacAddress {
        if (bits >>> 48 != 0) {
            throw new IllegalArgumentException("MAC address must have 48 bits: bits=0x" + Long.toHexString(bits));
        }
    }

    /**
     * The address in an array.
     *
     * @param bytes 6 bytes in transmission order
     * @return the address
     */
    public static MacAddress of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("MAC address must have 6 bytes: bytes=" + bytes.length);
        }
        long bits = 0;
        for (byte b : bytes) {
            bits = bits << 8 | (b & 0xff);
        }
        return new MacAddress(bits);
    }

    /** {@return the 6 bytes in transmission order} */
    public byte[] toBytes() {
        byte[] bytes = new byte[BYTES];
        for (int i = 0; i < BYTES; i++) {
            bytes[i] = (byte) (bits >>> (8 * (BYTES - 1 - i)));
        }
        return bytes;
    }

    /** {@return lower-case hexadecimal bytes with colons: {@code 02:76:6c:69:6e:6b}} */
    @Override
    public String toString() {
        return HexFormat.ofDelimiter(":").formatHex(toBytes());
    }
}
