// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.control;

import io.vlink.spec.control.TlvType;

/** One type-length-value element of a message: a number or a text, as its type says. Immutable, for any thread. */
sealed interface Tlv {
    /** {@return what the value means} */
    TlvType type();

    /** A u32 from 0 to {@link Integer#MAX_VALUE}. */
    record U32(TlvType type, int value) implements Tlv {
        @Override
        public String toString() {
            return type + "=" + value;
        }
    }

    /** A UTF-8 text without control characters. */
    record Text(TlvType type, String value) implements Tlv {
        private static final int SHOWN_CHARACTERS = 80;

        @Override
        public String toString() {
            boolean whole = value.length() <= SHOWN_CHARACTERS;
            return type + "=\"" + (whole ? value : value.substring(0, SHOWN_CHARACTERS) + "…") + '"';
        }
    }

    /**
     * Whether values of a type are numbers; all others are texts. (SPEC.md appendix B: exactly the 4-byte types are u32.)
     *
     * @param type a type
     * @return true for u32
     */
    static boolean isNumber(TlvType type) {
        return type.maxBytes() == Integer.BYTES;
    }

    /**
     * Whether a message may hold several elements of a type.
     *
     * @param type a type
     * @return true for {@link TlvType#LINK} only
     */
    static boolean isRepeatable(TlvType type) {
        return type == TlvType.LINK;
    }
}
