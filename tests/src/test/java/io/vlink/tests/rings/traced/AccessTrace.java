// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.traced;

import io.vlink.tests.rings.model.Access;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongToIntFunction;

/**
 * Where the traced classes' memory accesses go: each method has the name and the arguments of the one it stands in for, writes
 * down what it orders, then does it. A call that has no method here cannot be traced and stops the class from loading.
 */
public final class AccessTrace {
    private static final List<Access> ACCESSES = new ArrayList<>();
    private static long base;
    private static LongToIntFunction cellOf = offset -> -1;

    private AccessTrace() {
    }

    /**
     * Begins a trace.
     *
     * @param memory the memory whose accesses are written down
     * @param cells  the model's cell of an offset in it; less than zero for what no model knows
     */
    static void of(MemorySegment memory, LongToIntFunction cells) {
        base = memory.address();
        cellOf = cells;
        ACCESSES.clear();
    }

    /** {@return the accesses since the last call, in program order} */
    static List<Access> take() {
        List<Access> taken = List.copyOf(ACCESSES);
        ACCESSES.clear();
        return taken;
    }

    private static void add(Access.Kind kind, MemorySegment segment, long offset) {
        int cell = cellOf.applyAsInt(segment.address() + offset - base);
        if (cell >= 0) {
            ACCESSES.add(new Access(kind, cell));
        }
    }

    /** VarHandle.getAcquire. */
    public static long getAcquire(VarHandle handle, MemorySegment segment, long offset) {
        add(Access.Kind.ACQUIRE, segment, offset);
        return (long) handle.getAcquire(segment, offset);
    }

    /** VarHandle.setRelease. */
    public static void setRelease(VarHandle handle, MemorySegment segment, long offset, long value) {
        add(Access.Kind.RELEASE, segment, offset);
        handle.setRelease(segment, offset, value);
    }

    /** VarHandle.compareAndExchange. */
    public static long compareAndExchange(VarHandle handle, MemorySegment segment, long offset, long expected,
            long value) {
        add(Access.Kind.EXCHANGE, segment, offset);
        return (long) handle.compareAndExchange(segment, offset, expected, value);
    }

    /** VarHandle.get. */
    public static long get(VarHandle handle, MemorySegment segment, long offset) {
        add(Access.Kind.LOAD, segment, offset);
        return (long) handle.get(segment, offset);
    }

    /** VarHandle.set. */
    public static void set(VarHandle handle, MemorySegment segment, long offset, long value) {
        add(Access.Kind.STORE, segment, offset);
        handle.set(segment, offset, value);
    }

    /** MemorySegment.get. */
    public static long get(MemorySegment segment, ValueLayout.OfLong layout, long offset) {
        add(Access.Kind.LOAD, segment, offset);
        return segment.get(layout, offset);
    }

    /** MemorySegment.set. */
    public static void set(MemorySegment segment, ValueLayout.OfLong layout, long offset, long value) {
        add(Access.Kind.STORE, segment, offset);
        segment.set(layout, offset, value);
    }

    /** MemorySegment.copy from shared memory: a load of each word, in any order that the model allows. */
    public static void copy(MemorySegment from, ValueLayout layout, long offset, Object to, int index, int count) {
        for (int i = 0; i < count; i++) {
            add(Access.Kind.LOAD, from, offset + i * layout.byteSize());
        }
        MemorySegment.copy(from, layout, offset, to, index, count);
    }

    /** MemorySegment.copy to shared memory: a store of each word. */
    public static void copy(Object from, int index, MemorySegment to, ValueLayout layout, long offset, int count) {
        for (int i = 0; i < count; i++) {
            add(Access.Kind.STORE, to, offset + i * layout.byteSize());
        }
        MemorySegment.copy(from, index, to, layout, offset, count);
    }

    /** MemorySegment.byteSize, which is no access. */
    public static long byteSize(MemorySegment segment) {
        return segment.byteSize();
    }

    /** MemorySegment.address, which is no access; a prefetch is none either, as nothing comes of it. */
    public static long address(MemorySegment segment) {
        return segment.address();
    }

    /** MemorySegment.ofArray, private memory. */
    public static MemorySegment ofArray(long[] words) {
        return MemorySegment.ofArray(words);
    }

    /** MemorySegment.asReadOnly, which is no access. */
    public static MemorySegment asReadOnly(MemorySegment segment) {
        return segment.asReadOnly();
    }

    /** MemorySegment.asSlice, which is no access. */
    public static MemorySegment asSlice(MemorySegment segment, long offset, long bytes) {
        return segment.asSlice(offset, bytes);
    }
}
