// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

/** What a mapping allows; anything else ends the access with an exception of the segment. Source: {@code mmap(2)}. */
public enum Protection {
    /** Reading. */
    READ_ONLY(1),
    /** Reading and writing. */
    READ_WRITE(3);

    private final int bits;

    Protection(int bits) {
        this.bits = bits;
    }

    /** PROT_READ, PROT_WRITE. */
    int bits() {
        return bits;
    }
}
