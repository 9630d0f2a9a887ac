// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.record;

import java.util.Locale;

/** Why a data channel is in quarantine: the value of {@link HostCounter#QUARANTINE_REASON} (SPEC.md appendix A). */
public enum QuarantineReason {
    /** It is not. */
    NONE(0, "it is not"),
    /** The consumer position of {@code rx}. */
    RX_POSITION(1, "the guest's position on rx is impossible"),
    /** The producer position of {@code tx}. */
    TX_POSITION(2, "the guest's position on tx is impossible"),
    /** The consumer position of {@code alloc}. */
    ALLOC_POSITION(3, "the guest's position on alloc is impossible"),
    /** The producer position of {@code free}. */
    FREE_POSITION(4, "the guest's position on free is impossible"),
    /** More bad descriptors than {@link io.vlink.spec.pci.Limits#MAX_BAD_DESCRIPTORS}. */
    BAD_DESCRIPTORS(5, "the guest returned too many bad descriptors");

    private final int code;
    private final String text;

    QuarantineReason(int code, String text) {
        this.code = code;
        this.text = text;
    }

    /** {@return the number in the record} */
    public int code() {
        return code;
    }

    /** {@return the name in JSON} */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** {@return the reason in words, for people} */
    public String text() {
        return text;
    }

    /**
     * The reason with a number.
     *
     * @param code what the record says
     * @return the reason; {@link #NONE} for a number that is none
     */
    public static QuarantineReason of(long code) {
        return code > 0 && code < values().length ? values()[(int) code] : NONE;
    }

    /**
     * The reason with a name.
     *
     * @param label what a report says
     * @return the reason; {@link #NONE} for a name that is none
     */
    public static QuarantineReason of(String label) {
        for (QuarantineReason reason : values()) {
            if (reason.label().equals(label)) {
                return reason;
            }
        }
        return NONE;
    }
}
