// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.keeper;

/** What a keeper message is (SPEC.md appendix D): 1 to 15 are the agent's, each has one reply, but FETCH has ENTRYs before. */
public enum KeeperMessageType {
    /** First of a connection; the body is how long the keeper stays without anybody, in milliseconds, u64. Reply: OK. */
    HELLO(1),
    /** Keep this key, this state and these descriptors, in the place of what has the key. Reply: OK or REFUSED. */
    PUT(2),
    /** Forget the key. Reply: OK, whether or not it was there. */
    REMOVE(3),
    /** Send everything: an ENTRY for each key, in the order of first PUT, and OK. */
    FETCH(4),
    /** Forget everything, remove the socket, reply OK, and end. */
    END(5),
    /** Done; the body is the number of entries kept, u32. */
    OK(16),
    /** Not done; the body is a line for people. After a message that breaks the protocol the connection is closed. */
    REFUSED(17),
    /** One entry: key, state and descriptors. */
    ENTRY(18);

    private final int code;

    KeeperMessageType(int code) {
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
    public static KeeperMessageType of(int code) {
        for (KeeperMessageType value : values()) {
            if (value.code == code) {
                return value;
            }
        }
        return null;
    }
}
