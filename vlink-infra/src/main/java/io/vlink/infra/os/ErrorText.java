// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;

/** The C library's constant texts for error numbers. They are neither translated nor shared buffers, so any thread may ask. */
final class ErrorText {
    private static final FunctionDescriptor TEXT = FunctionDescriptor.of(ADDRESS, JAVA_INT);
    private static final NativeFunction NAME = NativeFunction.plain("strerrorname_np", TEXT);
    private static final NativeFunction DESCRIPTION = NativeFunction.plain("strerrordesc_np", TEXT);
    private static final long LONGEST_TEXT = 256;

    private ErrorText() {
    }

    /** {@code strerrorname_np(3)}; null for an unknown number. */
    static String name(int errno) {
        try {
            return text((MemorySegment) NAME.handle().invokeExact(errno));
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    /** {@code strerrordesc_np(3)}; null for an unknown number. */
    static String description(int errno) {
        try {
            return text((MemorySegment) DESCRIPTION.handle().invokeExact(errno));
        } catch (Throwable impossible) {
            throw NativeCall.impossible(impossible);
        }
    }

    private static String text(MemorySegment pointer) {
        return pointer.address() == 0 ? null : pointer.reinterpret(LONGEST_TEXT).getString(0);
    }
}
