// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.linkconfig;

import java.util.HexFormat;
import java.util.Locale;

/**
 * A unicast Ethernet address (IEEE 802-2014 §8.2), not all zero. Immutable.
 *
 * @param value the address as a number, its first byte on the wire being bits 40 to 47
 */
public record MacAddress(long value) {
    /** Bytes of an address. */
    public static final int BYTES = 6;

    private static final int TEXT_CHARACTERS = 17;
    private static final long MULTICAST = 1L << 40;
    private static final long LOCAL = 1L << 41;

    /**
     * A checked address.
     *
     * @throws IllegalArgumentException when it is multicast, all zero or has more than 48 bits
     */
    public MacAddress {
        if (value >>> (Byte.SIZE * BYTES) != 0) {
            throw new IllegalArgumentException("MAC address must have 48 bits: mac=0x" + Long.toHexString(value));
        }
        if (value == 0) {
            throw new IllegalArgumentException("MAC address must not be all zero: mac=" + text(value)
                    + "; an address of your own would be 02:00:00:00:00:01");
        }
        if ((value & MULTICAST) != 0) {
            throw new IllegalArgumentException("MAC address must be unicast, its first byte even: mac=" + text(value)
                    + "; unicast would be " + text((value & ~MULTICAST) | LOCAL));
        }
    }

    /**
     * The address that a text names.
     *
     * @param text six pairs of hexadecimal digits of either case, colons between them
     * @return the address
     * @throws IllegalArgumentException for any other text, and for an address that is multicast or all zero
     */
    public static MacAddress parse(String text) {
        if (!isWellFormed(text)) {
            throw new IllegalArgumentException(
                    "MAC address must be six pairs of hexadecimal digits with colons between: "
                            + "mac=" + Shown.quoted(text) + "; right would be 52:54:00:12:34:56");
        }
        return new MacAddress(HexFormat.fromHexDigitsToLong(text.replace(":", "")));
    }

    /** {@return the six bytes in transmission order} */
    public byte[] toBytes() {
        return HexFormat.ofDelimiter(":").parseHex(text(value));
    }

    /** {@return the address in lower case with colons, as {@link #parse(String)} reads it} */
    @Override
    public String toString() {
        return text(value);
    }

    private static boolean isWellFormed(String text) {
        if (text.length() != TEXT_CHARACTERS) {
            return false;
        }
        for (int i = 0; i < TEXT_CHARACTERS; i++) {
            boolean colonHere = i % 3 == 2;
            boolean right = colonHere ? text.charAt(i) == ':' : HexFormat.isHexDigit(text.charAt(i));
            if (!right) {
                return false;
            }
        }
        return true;
    }

    private static String text(long value) {
        return HexFormat.ofDelimiter(":").formatHex(HexFormat.of()
                .parseHex(String.format(Locale.ROOT, "%012x", value)));
    }
}
