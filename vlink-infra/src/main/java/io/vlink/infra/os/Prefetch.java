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
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Asks the processor for cache lines before they are needed, without waiting for them. Java has no such instruction, so three
 * loops around one stand here as machine code for AMD64, which the JVM calls like a C function that returns at once (some 5 ns).
 * Source: Intel 64 Architectures Software Developer's Manual, volume 2, <em>PREFETCHh</em> and <em>PREFETCHW</em>: a hint that
 * never faults, whatever the address is, and changes nothing but what the caches hold. So no address has to be checked, and none
 * can do harm once its mapping is gone. Why, and what it gains: docs/adr/0008.
 *
 * <p>Nothing happens until the first call has made the code ready, in the background as that takes some milliseconds; nothing
 * ever happens on other processors, where the kernel refuses memory that is executed, or with {@code -Dvlink.prefetch=off}. For
 * any thread; no allocation, lock or system call but for the first time.
 */
public final class Prefetch {
    /** Name of the system property that switches it off. */
    public static final String PROPERTY = "vlink.prefetch";
    /** Bytes of a cache line, on every processor of this kind. */
    public static final int LINE_BYTES = 64;

    private static final boolean WANTED = !"off".equals(System.getProperty(PROPERTY))
            && "amd64".equals(System.getProperty("os.arch"));
    private static final AtomicBoolean ASKED = new AtomicBoolean();
    private static volatile boolean ready;

    private Prefetch() {
    }

    /**
     * Asks for lines that follow each other, to be read.
     *
     * @param address of a byte in the first one; any number
     * @param lines   how many; nothing happens if it is not positive
     */
    public static void toRead(long address, int lines) {
        if (ready) {
            if (lines > 0) {
                Code.run(Code.LINES_TO_READ, MemorySegment.NULL, 0, address, lines);
            }
        } else {
            ask();
        }
    }

    /**
     * Asks for a line at each of several places, to be read.
     *
     * @param places pairs of 8-byte words, of which the first is a place: bytes from an address on, any number
     * @param first  index of the first pair that counts
     * @param count  how many pairs; nothing happens if it is not positive, or not all of them are in the segment
     * @param from   the address that places are counted from; any number
     */
    public static void toReadEach(MemorySegment places, int first, int count, long from) {
        if (ready) {
            each(Code.PLACES_TO_READ, places, first, count, from);
        } else {
            ask();
        }
    }

    /** As {@link #toReadEach}, to be written: no other processor keeps a copy. */
    public static void toWriteEach(MemorySegment places, int first, int count, long from) {
        if (ready) {
            each(Code.PLACES_TO_WRITE, places, first, count, from);
        } else {
            ask();
        }
    }

    private static void each(MethodHandle code, MemorySegment places, int first, int count, long from) {
        if (count > 0 && first >= 0 && (long) first + count <= places.byteSize() / Code.PAIR_BYTES) {
            Code.run(code, places, first, from, count);
        }
    }

    /** {@return whether calls have an effect by now} */
    public static boolean isReady() {
        return ready;
    }

    /** Whoever comes first has the code made ready, and does not wait for it. */
    private static void ask() {
        if (WANTED && !ASKED.get() && ASKED.compareAndSet(false, true)) {
            Thread.ofPlatform().daemon().name("vlink-prefetch").start(() -> ready = Code.isLinked());
        }
    }

    /** The machine code, from the first use of this class on. Parameters are in registers by the System V ABI, 3.2.3. */
    private static final class Code {
        private static final long PAIR_BYTES = 2 * Long.BYTES;
        private static final int SPACING = 64;
        private static final int PROT_READ = 1;
        private static final int PROT_EXEC = 4;
        private static final int MAP_PRIVATE = 0x02;
        private static final int MAP_ANONYMOUS = 0x20;

        /** Of every routine: rdi pairs, rsi index of the first, rdx address, rcx count, at least 1. */
        private static final byte[][] ROUTINES = {
                routine("""
                        0f 18 0a        next: prefetcht0 [rdx]
                        48 83 c2 40           add rdx, 64
                        48 ff c9              dec rcx
                        75 f4                 jnz next
                        c3                    ret
                        """),
                routine("""
                        48 c1 e6 04           shl rsi, 4
                        48 01 f7              add rdi, rsi
                        48 8b 07        next: mov rax, [rdi]
                        0f 18 0c 02           prefetcht0 [rdx + rax]
                        48 83 c7 10           add rdi, 16
                        48 ff c9              dec rcx
                        75 f0                 jnz next
                        c3                    ret
                        """),
                routine("""
                        48 c1 e6 04           shl rsi, 4
                        48 01 f7              add rdi, rsi
                        48 8b 07        next: mov rax, [rdi]
                        0f 0d 0c 02           prefetchw [rdx + rax]
                        48 83 c7 10           add rdi, 16
                        48 ff c9              dec rcx
                        75 f0                 jnz next
                        c3                    ret
                        """)};

        /** Address of the page that the routines stand in, for as long as the process lives; negative if there is none. */
        private static final long PAGE = page();
        private static final MethodHandle LINES_TO_READ = link(0);
        private static final MethodHandle PLACES_TO_READ = link(1);
        private static final MethodHandle PLACES_TO_WRITE = link(2);

        private static byte[] routine(String listing) {
            int hexColumns = "48 83 c2 40".length();
            StringBuilder hex = new StringBuilder();
            listing.lines().forEach(line -> hex.append(line.substring(0, hexColumns).replace(" ", "")));
            return HexFormat.of().parseHex(hex);
        }

        /** Written first and executable afterwards, never both at once. */
        private static long page() {
            long bytes = PageSize.ORDINARY.bytes();
            long address = MemoryCalls.mmap(MemorySegment.NULL, bytes, Protection.READ_WRITE.bits(),
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (address < 0) {
                return address;
            }
            MemorySegment page = MemorySegment.ofAddress(address).reinterpret(bytes);
            for (int i = 0; i < ROUTINES.length; i++) {
                MemorySegment.copy(ROUTINES[i], 0, page, JAVA_BYTE, (long) i * SPACING, ROUTINES[i].length);
            }
            int refused = MemoryCalls.mprotect(page, bytes, PROT_READ | PROT_EXEC);
            return refused < 0 ? refused : address;
        }

        private static MethodHandle link(int routine) {
            return Linker.nativeLinker().downcallHandle(number(Math.max(0, PAGE) + (long) routine * SPACING),
                    FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG), Linker.Option.critical(true));
        }

        static boolean isLinked() {
            return PAGE >= 0;
        }

        static void run(MethodHandle code, MemorySegment pairs, long first, long address, long count) {
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
