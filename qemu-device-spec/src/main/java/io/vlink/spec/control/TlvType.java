// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.control;

/** Types of TLVs in control messages, with the longest value that each may have (SPEC.md appendix B). */
public enum TlvType {
    /** u32: who speaks, see {@link Role}. First TLV of every request. */
    ROLE(1, 4),
    /** u32: what is asked, see {@link Request}. Second TLV of every request. */
    REQUEST(2, 4),
    /** u32: how it went, see {@link StatusCode}. First TLV of every reply. */
    STATUS(3, 4),
    /** UTF-8: one line for people. */
    MESSAGE(4, 4_096),
    /** UTF-8: name of a domain. */
    VM_DOMAIN(5, 63),
    /** UTF-8: one line of link.config in canonical form; repeated. */
    LINK(6, 1_024),
    /** UTF-8: name of a trust group. */
    TRUST_GROUP(7, 63),
    /** u32: BAR shape, 32 or 64. */
    BAR(8, 4),
    /** u32: channels that channel memory has room for. */
    MAX_CHANNEL(9, 4),
    /** UTF-8: path of a device socket. */
    SOCKET_PATH(10, 4_096),
    /** UTF-8: name of a link. */
    LINK_NAME(11, 63),
    /** u32: 1: the domain outlives this connection. */
    PERSISTENT(12, 4),
    /** UTF-8: the status report as one JSON object. */
    REPORT(13, 4 << 20),
    /** u32: process id of the agent. */
    AGENT_PID(14, 4);

    private final int code;
    private final int maxBytes;

    TlvType(int code, int maxBytes) {
        this.code = code;
        this.maxBytes = maxBytes;
    }

    /** {@return the number on the wire} */
    public int code() {
        return code;
    }

    /** {@return the longest value in bytes} */
    public int maxBytes() {
        return maxBytes;
    }

    /**
     * The type with a number.
     *
     * @param code number on the wire
     * @return the type, or null for an unknown one
     */
    public static TlvType of(int code) {
        for (TlvType type : values()) {
            if (type.code == code) {
                return type;
            }
        }
        return null;
    }
}
