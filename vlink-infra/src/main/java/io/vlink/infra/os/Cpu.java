// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;

/** Which processors threads run on. Source: {@code sched_setaffinity(2)}. */
public final class Cpu {
    /** Room for 8192 processors, which is the most that Linux can be built for on the machines of today. */
    private static final int MASK_BYTES = 1_024;

    private Cpu() {
    }

    /**
     * Ties the calling thread to one processor.
     *
     * @throws IllegalArgumentException if there is no such processor, or this process may not use it
     * @throws IllegalStateException on a virtual thread, which has no processor of its own
     * @throws OsException if the kernel refuses otherwise
     */
    public static void pin(int core) {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException("a virtual thread cannot be pinned: lcore=" + core);
        }
        BitSet allowed = allowed();
        if (core < 0 || !allowed.get(core)) {
            throw new IllegalArgumentException(
                    "lcore must be one that this process may use: lcore=" + core + " allowed="
                            + allowed);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocate(MASK_BYTES, Long.BYTES);
            mask.set(JAVA_BYTE, core / Byte.SIZE, (byte) (1 << core % Byte.SIZE));
            OsException.checked("sched_setaffinity", ProcessCalls.schedSetaffinity(0, MASK_BYTES, mask),
                    "lcore=" + core);
        }
    }

    /**
     * The processor that the calling thread runs on at this moment. Source: {@code sched_getcpu(3)}.
     *
     * @throws OsException if the kernel does not say
     */
    public static int current() {
        return OsException.checked("sched_getcpu", ProcessCalls.schedGetcpu(), "");
    }

    /** The number of processors that this process may use. */
    public static int count() {
        return allowed().cardinality();
    }

    /**
     * The processors that this process may use: those of its first thread, which Java code never runs on and therefore never
     * pins. {@code taskset} and cpusets show here. Source: {@code sched_getaffinity(2)}.
     *
     * @throws OsException if the kernel does not say
     */
    public static BitSet allowed() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocate(MASK_BYTES, Long.BYTES);
            int process = (int) ProcessHandle.current().pid();
            OsException.checked("sched_getaffinity", ProcessCalls.schedGetaffinity(process, MASK_BYTES, mask), "");
            return BitSet.valueOf(mask.toArray(JAVA_BYTE));
        }
    }
}
