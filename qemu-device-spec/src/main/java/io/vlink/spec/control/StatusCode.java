// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.control;

/** How a request went (SPEC.md appendix B). */
public enum StatusCode {
    /** Done. */
    OK(0),
    /** The message does not follow the protocol; the connection is closed after this reply. */
    BAD_MESSAGE(1),
    /** A value is not acceptable. */
    INVALID(2),
    /** There is no such domain or link. */
    NOT_FOUND(3),
    /** The domain, link or MAC address is already taken. */
    BUSY(4),
    /** Memory or another resource is short. */
    NO_RESOURCES(5),
    /** The peer may not ask for this. */
    DENIED(6),
    /** The agent failed; its log says more. */
    FAILED(7);

    private final int code;

    StatusCode(int code) {
        this.code = code;
    }

    /** {@return the number on the wire} */
    public int code() {
        return code;
    }

    /**
     * The value with a number.
     *
     * @param code number on the wire
     * @return the value, or null for an unknown one
     */
    public static StatusCode of(int code) {
        for (StatusCode value : values()) {
            if (value.code == code) {
                return value;
            }
        }
        return null;
    }
}
