// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;

/**
 * Reads the errno that a call of a {@link NativeFunction} left. It lands in a segment that belongs to the calling thread, so no
 * other thread, and no call of the JVM itself, can overwrite it.
 */
final class NativeCall {
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final ThreadLocal<MemorySegment> STATE_OF_THREAD = ThreadLocal
            .withInitial(() -> Arena.ofAuto().allocate(STATE));

    private NativeCall() {
    }

    /** Where the calling thread's next call leaves its errno. */
    static MemorySegment state() {
        return STATE_OF_THREAD.get();
    }

    /** The result if the call went well, else the negative errno, as the kernel itself reports it. */
    static int result(int returned, MemorySegment state) {
        return returned >= 0 ? returned : -(int) ERRNO.get(state, 0L);
    }

    /** The result if the call went well, else the negative errno. */
    static long result(long returned, MemorySegment state) {
        return returned >= 0 ? returned : -(int) ERRNO.get(state, 0L);
    }

    /** The negative errno that the last call left, for calls that tell failure by another value than a negative one. */
    static int failure(MemorySegment state) {
        return -(int) ERRNO.get(state, 0L);
    }

    /** A native handle declares Throwable but throws none of its own: what arrives here is an error of the JVM or of ours. */
    static RuntimeException impossible(Throwable thrown) {
        if (thrown instanceof RuntimeException unchecked) {
            return unchecked;
        }
        if (thrown instanceof Error error) {
            throw error;
        }
        return new IllegalStateException("native call failed in Java: " + thrown, thrown);
    }
}
