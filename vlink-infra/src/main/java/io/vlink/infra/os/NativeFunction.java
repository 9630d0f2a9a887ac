// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * A function of the C library with up to six parameters, each a number or a pointer. All are called in one shape, that with
 * six: a shape costs some 7 ms to link, in an emulated machine a tenth of a second, and a driver that attaches would need
 * eight. By the ABIs of Linux on AMD64 (System V ABI, 3.2.3) and AArch64 (procedure call standard) such a parameter is a
 * register of 64 bits, chosen by the parameter's place alone; a function reads only the registers of its own parameters, and of
 * each only as many bits as the parameter has. That holds behind {@code ...} too, but for al, in which a caller on AMD64 says how
 * many vector registers it uses: the shape has no variadic parameter and says so, which makes the linker set al to none. Pointers
 * are passed as segments, not as numbers, so that no thread can unmap one during the call.
 *
 * <p>For any thread. The errno of a call lands in a segment of the calling thread, so no other thread, and no call of the JVM
 * itself, can overwrite it.
 */
final class NativeFunction {
    private static final int PARAMETERS = 6;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final ThreadLocal<MemorySegment> STATE_OF_THREAD = ThreadLocal
            .withInitial(() -> Arena.ofAuto().allocate(STATE));
    private static final MethodHandle CALL = LINKER.downcallHandle(
            FunctionDescriptor.of(JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS),
            Linker.Option.captureCallState("errno"), Linker.Option.firstVariadicArg(PARAMETERS));
    private static final MemorySegment NONE = MemorySegment.NULL;

    private final String name;
    private volatile MemorySegment address;

    /** Nothing is looked up before the first call. */
    NativeFunction(String name) {
        this.name = name;
    }

    /** {@return a parameter that is a number; the function takes as many of its lower bits as it has} */
    static MemorySegment number(long value) {
        return MemorySegment.ofAddress(value);
    }

    /** Calls a function that returns an int; {@return that, or the negative errno if it is negative} */
    int intResult() {
        return intResult(NONE, NONE, NONE, NONE, NONE, NONE);
    }

    /** Like {@link #intResult()}. */
    int intResult(MemorySegment a) {
        return intResult(a, NONE, NONE, NONE, NONE, NONE);
    }

    /** Like {@link #intResult()}. */
    int intResult(MemorySegment a, MemorySegment b) {
        return intResult(a, b, NONE, NONE, NONE, NONE);
    }

    /** Like {@link #intResult()}. */
    int intResult(MemorySegment a, MemorySegment b, MemorySegment c) {
        return intResult(a, b, c, NONE, NONE, NONE);
    }

    /** Like {@link #intResult()}. */
    int intResult(MemorySegment a, MemorySegment b, MemorySegment c, MemorySegment d) {
        return intResult(a, b, c, d, NONE, NONE);
    }

    /** Like {@link #intResult()}. */
    int intResult(MemorySegment a, MemorySegment b, MemorySegment c, MemorySegment d, MemorySegment e) {
        return intResult(a, b, c, d, e, NONE);
    }

    private int intResult(MemorySegment a, MemorySegment b, MemorySegment c, MemorySegment d, MemorySegment e,
            MemorySegment f) {
        MemorySegment state = STATE_OF_THREAD.get();
        // The upper half of the register is not part of an int, and may hold anything.
        int returned = (int) call(state, a, b, c, d, e, f);
        return returned >= 0 ? returned : -(int) ERRNO.get(state, 0L);
    }

    /**
     * Calls a function that returns a long, or a pointer, which in a process is never negative; {@return that, or the negative
     * errno if it is negative}
     */
    long longResult(MemorySegment a) {
        return longResult(a, NONE, NONE, NONE, NONE, NONE);
    }

    /** Like {@link #longResult(MemorySegment)}. */
    long longResult(MemorySegment a, MemorySegment b, MemorySegment c) {
        return longResult(a, b, c, NONE, NONE, NONE);
    }

    /** Like {@link #longResult(MemorySegment)}. */
    long longResult(MemorySegment a, MemorySegment b, MemorySegment c, MemorySegment d) {
        return longResult(a, b, c, d, NONE, NONE);
    }

    /** Like {@link #longResult(MemorySegment)}. */
    long longResult(MemorySegment a, MemorySegment b, MemorySegment c, MemorySegment d, MemorySegment e,
            MemorySegment f) {
        MemorySegment state = STATE_OF_THREAD.get();
        long returned = call(state, a, b, c, d, e, f);
        return returned >= 0 ? returned : -(int) ERRNO.get(state, 0L);
    }

    private long call(MemorySegment state, MemorySegment a, MemorySegment b, MemorySegment c, MemorySegment d,
            MemorySegment e, MemorySegment f) {
        try {
            return (long) CALL.invokeExact(address(), state, a, b, c, d, e, f);
        } catch (RuntimeException | Error ours) {
            throw ours;
        } catch (Throwable impossible) {
            // A handle declares Throwable; a native one throws none of its own.
            throw new IllegalStateException("native call failed in Java: " + impossible, impossible);
        }
    }

    private MemorySegment address() {
        MemorySegment found = address;
        if (found == null) {
            found = LINKER.defaultLookup().findOrThrow(name);
            address = found;
        }
        return found;
    }
}
