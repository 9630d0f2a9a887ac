// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.channel;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * How words of shared memory are accessed: little-endian, naturally aligned, through handles that are constants to the
 * compiler. Coordinates are a segment and a byte offset. Plain access is for words that an acquire or a release of another
 * word orders (SPEC.md section 9).
 */
public final class SharedWord {
    /** A 64-bit word. */
    public static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** A 32-bit word. */
    public static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** Access to a 64-bit word with a chosen ordering; exact: (MemorySegment, long) and long. */
    public static final VarHandle LONG_HANDLE = LONG.varHandle().withInvokeExactBehavior();

    private SharedWord() {
    }
}
