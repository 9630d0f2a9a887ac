// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static io.vlink.infra.os.NativeFunction.number;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Asks the processor for cache lines before they are needed, without waiting for them. Java has no such instruction, so two
 * loops around one stand here as machine code for AMD64, which the JVM calls like a C function that returns at once (some 5 ns).
 * Source: Intel 64 Architectures Software Developer's Manual, volume 2, <em>PREFETCHh</em> and <em>PREFETCHW</em>: a hint that
 * never faults, whatever the address is, and changes nothing but what the caches hold. So an address can do no harm once its
 * mapping is gone. Why, and what it gains: docs/adr/0008.
 *
 * <p>Nothing happens before {@link #makeReady} is done; nothing ever happens on other processors, where the kernel refuses memory
 * that is executed, or with {@code -Dvlink.prefetch=off}. For any thread; no allocation, lock or system
 * call but in {@code makeReady}.
 */
public final class Prefetch {
    /** Name of the system property that switches it off. */
    public static final String PROPERTY = "vlink.prefetch";
    /** Bytes of a cache line, on every processor of this kind. */
    public static final int LINE_BYTES = 64;
    /**
     * Lines that one call asks for at most: a processor has some 10 to 50 on their way at once, more than this push each other
     * out of the nearest cache, and no thread of the JVM gets past a safepoint during a call.
     */
    public static final int MAX_LINES = 128;

    static final String THREAD_NAME = "vlink-prefetch";
    static final int PROT_READ = 1;
    static final int PROT_EXEC = 4;

    /** Of each routine: rdi pairs, rsi index of the first, rdx address, rcx count, at least 1 (System V ABI, 3.2.3). */
    static final List<String> LISTINGS = List.of("""
            0f 18 0a        next: prefetcht0 [rdx]
            48 83 c2 40           add rdx, 64
            48 ff c9              dec rcx
            75 f4                 jnz next
            c3                    ret
            """, """
            48 c1 e6 04           shl rsi, 4
            48 01 f7              add rdi, rsi
            48 8b 07        next: mov rax, [rdi]
            0f 0d 0c 02           prefetchw [rdx + rax]
            48 83 c7 10           add rdi, 16
            48 ff c9              dec rcx
            75 f0                 jnz next
            c3                    ret
            """);

    private static final int HEX_COLUMNS = "48 83 c2 40".length();
    private static final int SPACING = 64;
    private static final long PAIR_BYTES = 2 * Long.BYTES;
    private static final int MAP_PRIVATE = 0x02;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final boolean WANTED = !"off".equals(System.getProperty(PROPERTY))
            && "amd64".equals(System.getProperty("os.arch"));
    /** Place 0. */
    private static final MemorySegment ONE_PLACE = MemorySegment.ofArray(new long[2]).asReadOnly();
    private static final int REHEARSALS = 200;
    private static final AtomicBoolean BEGUN = new AtomicBoolean();
    private static long codeAddress;
    private static volatile boolean ready;

    private Prefetch() {
    }

    /**
     * Makes the code ready, once, in a thread of its own, as that takes some milliseconds that an attaching driver would have to
     * wait. To be called before workers are tied to processors: the thread may use those that the caller may use.
     */
    public static void makeReady() {
        if (WANTED && BEGUN.compareAndSet(false, true)) {
            try {
                Thread.ofPlatform().daemon().name(THREAD_NAME).start(Prefetch::prepare);
            } catch (OutOfMemoryError noThread) {
                // A hint less: whoever needs a thread says so.
                BEGUN.set(false);
            }
        }
    }

    private static void prepare() {
        long address = page(PROT_READ | PROT_EXEC);
        if (address < 0) {
            return;
        }
        try {
            codeAddress = address;
            rehearse(address);
            ready = true;
        } catch (RuntimeException | Error refused) {
            // Such as native access that is denied: without prefetches everything works, and nobody else has called the code.
            unmap(address);
        }
    }

    /** Here rather than in a burst: the first calls of a handle make classes, and allocate. */
    private static void rehearse(long address) {
        MemorySegment pair = MemorySegment.ofArray(new long[2]);
        for (int i = 0; i < REHEARSALS; i++) {
            Code.run(Code.LINES_TO_READ, MemorySegment.NULL, 0, address, 1);
            Code.run(Code.PLACES_TO_WRITE, pair, 0, address, 1);
        }
    }

    private static void unmap(long address) {
        MemoryCalls.munmap(MemorySegment.ofAddress(address), PageSize.ORDINARY.bytes());
    }

    /** {@return whether calls have an effect by now} */
    public static boolean isReady() {
        return ready;
    }

    /**
     * Asks for lines that follow each other, to be read.
     *
     * @param address of a byte in the first one; any number
     * @param lines   how many, of which {@value #MAX_LINES} at most are asked for; nothing happens if it is not positive
     */
    public static void toRead(long address, int lines) {
        if (ready && lines > 0) {
            Code.run(Code.LINES_TO_READ, MemorySegment.NULL, 0, address, Math.min(lines, MAX_LINES));
        }
    }

    /**
     * Asks for a line to be written: no other processor keeps a copy.
     *
     * @param address of a byte in it; any number
     */
    public static void toWrite(long address) {
        toWriteEach(ONE_PLACE, 0, 1, address);
    }

    /**
     * Asks for a line at each of several places, to be written: no other processor keeps a copy.
     *
     * @param places heap segment: pairs of 8-byte words, of which the first is a place: bytes from an address on, any number
     * @param first  index of the first pair that counts
     * @param count  how many pairs, of which {@value #MAX_LINES} at most are used; nothing happens if it is not positive, or if
     *               not all of them are in the segment
     * @param from   the address that places are counted from; any number
     */
    public static void toWriteEach(MemorySegment places, int first, int count, long from) {
        if (ready && count > 0 && first >= 0 && (long) first + count <= places.byteSize() / PAIR_BYTES) {
            Code.run(Code.PLACES_TO_WRITE, places, first, from, Math.min(count, MAX_LINES));
        }
    }

    /**
     * A page with the routines, for as long as the process lives. Written first and protected afterwards, never writable and
     * executable at once. Returns its address, or the negative errno.
     */
    static long page(int protection) {
        long bytes = PageSize.ORDINARY.bytes();
        long address = MemoryCalls.mmap(MemorySegment.NULL, bytes, Protection.READ_WRITE.bits(),
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (address < 0) {
            return address;
        }
        MemorySegment page = MemorySegment.ofAddress(address).reinterpret(bytes);
        for (int i = 0; i < LISTINGS.size(); i++) {
            byte[] routine = assembled(i);
            MemorySegment.copy(routine, 0, page, JAVA_BYTE, (long) i * SPACING, routine.length);
        }
        int refused = MemoryCalls.mprotect(page, bytes, protection);
        if (refused < 0) {
            unmap(address);
            return refused;
        }
        return address;
    }

    /** {@return the machine code of a routine: the left-hand column of its listing} */
    static byte[] assembled(int routine) {
        StringBuilder hex = new StringBuilder();
        LISTINGS.get(routine).lines().forEach(line -> hex.append(line, 0, HEX_COLUMNS));
        return HexFormat.of().parseHex(hex.toString().replace(" ", ""));
    }

    /** {@return the same in the assembler's words: the right-hand column, in Intel's syntax} */
    static String source(int routine) {
        StringBuilder source = new StringBuilder();
        LISTINGS.get(routine).lines().forEach(line -> source.append(line, HEX_COLUMNS, line.length()).append('\n'));
        return source.toString();
    }

    /** The routines as functions, from the first use of this class on; {@link #codeAddress} must be set by then. */
    private static final class Code {
        private static final MethodHandle LINES_TO_READ = link(0);
        private static final MethodHandle PLACES_TO_WRITE = link(1);

        private static MethodHandle link(int routine) {
            return Linker.nativeLinker().downcallHandle(number(codeAddress + (long) routine * SPACING),
                    FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG), Linker.Option.critical(true));
        }

        private static void run(MethodHandle code, MemorySegment pairs, long first, long address, long count) {
            try {
                code.invokeExact(pairs, first, address, count);
            } catch (RuntimeException | Error ours) {
                throw ours;
            } catch (Throwable impossible) {
                // A handle declares Throwable; these throw nothing.
                throw new IllegalStateException("prefetch failed in Java: " + impossible, impossible);
            }
        }
    }
}
