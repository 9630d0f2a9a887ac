// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.frame;

/** What a check of a returned test frame found. */
public enum FrameFault {
    /** Nothing: MACs swapped, every other byte as it was sent. */
    NONE("none"),
    /** The frame came back shorter or longer than it was sent. */
    LENGTH("wrong_length"),
    /** The MAC addresses did not come back swapped. */
    MACS_NOT_SWAPPED("macs_not_swapped"),
    /** Ethernet type, IPv4 header, UDP ports or UDP length differ. */
    HEADER("header_changed"),
    /** It is no test frame of any stream that was sent. */
    UNKNOWN_STREAM("unknown_stream"),
    /** It is of a stream that another worker sends, or nobody: it came back on another queue than it was sent on. */
    OTHER_QUEUE("other_queue"),
    /** The UDP checksum does not fit sequence, time and pattern. */
    CHECKSUM("bad_checksum"),
    /** A pattern byte differs from what the sequence number says. */
    PATTERN("pattern_changed");

    private final String label;

    FrameFault(String label) {
        this.label = label;
    }

    /** {@return the name in JSON and on screens} */
    public String label() {
        return label;
    }
}
