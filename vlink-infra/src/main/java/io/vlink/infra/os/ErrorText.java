// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static io.vlink.infra.os.NativeFunction.number;

import java.lang.foreign.MemorySegment;

/** The C library's constant texts for error numbers. They are neither translated nor shared buffers, so any thread may ask. */
final class ErrorText {
    private static final NativeFunction NAME = new NativeFunction("strerrorname_np");
    private static final NativeFunction DESCRIPTION = new NativeFunction("strerrordesc_np");
    private static final long LONGEST_TEXT = 256;

    private ErrorText() {
    }

    /** {@code strerrorname_np(3)}; null for an unknown number. */
    static String name(int errno) {
        return text(NAME.longResult(number(errno)));
    }

    /** {@code strerrordesc_np(3)}; null for an unknown number. */
    static String description(int errno) {
        return text(DESCRIPTION.longResult(number(errno)));
    }

    private static String text(long pointer) {
        return pointer == 0 ? null : MemorySegment.ofAddress(pointer).reinterpret(LONGEST_TEXT).getString(0);
    }
}
