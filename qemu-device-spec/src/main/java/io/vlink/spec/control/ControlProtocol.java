// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.control;

/**
 * Framing of the control protocol (SPEC.md appendix B): a message is a header and TLVs, all little-endian.
 *
 * <pre>
 * header   0x0 version u8 | 0x1 reserved u8 | 0x2 tlv count u16 | 0x4 length u32 of all TLVs
 * TLV      0x0 type u16   | 0x2 reserved u16| 0x4 length u32 of the value | 0x8 value
 * </pre>
 */
public final class ControlProtocol {
    /** Name of the socket in the agent's run directory. */
    public static final String SOCKET_NAME = "control.sock";

    /** Version in every header. */
    public static final int VERSION = 1;
    /** Bytes of a message header. */
    public static final int HEADER_BYTES = 8;
    /** In the header: version, 1 byte. */
    public static final int VERSION_OFFSET = 0;
    /** In the header: reserved, 1 byte, zero. */
    public static final int RESERVED_OFFSET = 1;
    /** In the header: number of TLVs, 2 bytes. */
    public static final int TLV_COUNT_OFFSET = 2;
    /** In the header: bytes of all TLVs, 4 bytes. */
    public static final int LENGTH_OFFSET = 4;
    /** Bytes of a TLV header. */
    public static final int TLV_HEADER_BYTES = 8;
    /** In a TLV header: type, 2 bytes. */
    public static final int TLV_TYPE_OFFSET = 0;
    /** In a TLV header: reserved, 2 bytes, zero. */
    public static final int TLV_RESERVED_OFFSET = 2;
    /** In a TLV header: bytes of the value, 4 bytes. */
    public static final int TLV_LENGTH_OFFSET = 4;
    /** TLVs in a message, at most. */
    public static final int MAX_TLVS = 64;
    /** Bytes of all TLVs of a message, at most: room for a status report of a full agent. */
    public static final int MAX_LENGTH = 4 << 20;
    /** Bytes of all TLVs of a request, at most: room for a domain with all of its links. */
    public static final int MAX_REQUEST_LENGTH = 0x10000;
    /** File descriptors in a message, at most: region, channel memory and link record. */
    public static final int MAX_FDS = 3;

    private ControlProtocol() {
    }
}
