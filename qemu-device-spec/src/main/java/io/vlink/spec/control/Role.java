// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.control;

/** Who speaks on a control connection (SPEC.md appendix B). */
public enum Role {
    /** A tool that asks and goes. */
    TOOL(1),
    /** What starts a QEMU and registers its domain. */
    QEMU(2),
    /** A host driver that attaches to links. */
    DRIVER(3);

    private final int code;

    Role(int code) {
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
    public static Role of(int code) {
        for (Role value : values()) {
            if (value.code == code) {
                return value;
            }
        }
        return null;
    }
}
