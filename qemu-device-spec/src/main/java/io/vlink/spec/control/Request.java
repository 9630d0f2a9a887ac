// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.control;

/** What a control message asks for (SPEC.md appendix B). */
public enum Request {
    /** Who is there: replies AGENT_PID. */
    HELLO(1),
    /** Register VM_DOMAIN with its LINKs, BAR, TRUST_GROUP, MAX_CHANNEL, PERSISTENT: replies SOCKET_PATH. */
    REGISTER_DOMAIN(2),
    /** Remove VM_DOMAIN, registered as persistent. */
    UNREGISTER_DOMAIN(3),
    /** Attach to LINK_NAME: replies three descriptors: region, channel memory, link record. One link a connection. */
    ATTACH_LINK(4),
    /** Detach from the link that this connection attached to. */
    DETACH_LINK(5),
    /** The state of everything: replies REPORT. */
    REPORT(6);

    private final int code;

    Request(int code) {
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
    public static Request of(int code) {
        for (Request value : values()) {
            if (value.code == code) {
                return value;
            }
        }
        return null;
    }
}
