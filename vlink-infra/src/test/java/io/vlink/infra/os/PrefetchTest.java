// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The processor's own instruction: what it does is seen in how long a load takes, and what it must not do, does not happen. */
class PrefetchTest {
    private static final long[] STRANGE = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 0x7fff_ffff_f000L,
            0xffff_8000_0000_0000L};
    private static final int ROUNDS = 3_000;
    private static final int PLACES = 8;
    private static final long WAIT_NANOS = 2_000;

    @TempDir
    private Path folder;

    @BeforeEach
    void makeReady() {
        assumeTrue("amd64".equals(System.getProperty("os.arch")), "there is machine code for amd64 only");
        assumeFalse("off".equals(System.getProperty(Prefetch.PROPERTY)), Prefetch.PROPERTY + " is off");
        Prefetch.makeReady();
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(Prefetch::isReady);
    }

    @Test
    void thePageIsGivenBackWhereTheKernelDoesNotMakeItExecutable() throws Exception {
        int unknown = 1 << 20;
        int pages = 10_000;
        long grown = Long.MAX_VALUE;
        // The JVM may map something of its own meanwhile, but not each time.
        for (int attempt = 0; attempt < 3 && grown > pages / 2 * PageSize.ORDINARY.bytes(); attempt++) {
            long before = addressSpaceBytes();
            for (int i = 0; i < pages; i++) {
                assertThat(Prefetch.page(unknown)).isEqualTo(-Errno.EINVAL);
            }
            grown = addressSpaceBytes() - before;
        }
        assertThat(grown).isLessThanOrEqualTo(pages / 2 * PageSize.ORDINARY.bytes());
    }

    private static long addressSpaceBytes() throws IOException {
        String line = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(each -> each.startsWith("VmSize:"))
                .findFirst().orElseThrow();
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1_024;
    }

    @Test
    void theListingIsWhatAnAssemblerMakesOfIt() throws Exception {
        assumeTrue(Stream.of("as", "objcopy").allMatch(tool -> Files.isExecutable(Path.of("/usr/bin", tool))),
                "as or objcopy is not installed (binutils)");
        for (int routine = 0; routine < Prefetch.LISTINGS.size(); routine++) {
            Path source = Files.writeString(folder.resolve("routine.s"),
                    ".intel_syntax noprefix\n" + Prefetch.source(routine));
            run("as", source.toString(), "-o", folder.resolve("routine.o").toString());
            run("objcopy", "-O", "binary", "-j", ".text", folder.resolve("routine.o").toString(),
                    folder.resolve("routine.bin").toString());
            assertThat(Files.readAllBytes(folder.resolve("routine.bin"))).isEqualTo(Prefetch.assembled(routine));
        }
    }

    private void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    @Test
    void addressesThatAreMappedNowhereDoNoHarm() {
        for (long address : STRANGE) {
            Prefetch.toRead(address, 1);
            Prefetch.toRead(address, Integer.MAX_VALUE);
            Prefetch.toWrite(address);
        }
        MemorySegment pairs = MemorySegment.ofArray(new long[2 * STRANGE.length]);
        for (int i = 0; i < STRANGE.length; i++) {
            pairs.setAtIndex(JAVA_LONG, 2L * i, STRANGE[i]);
        }
        for (long from : STRANGE) {
            Prefetch.toWriteEach(pairs, 0, STRANGE.length, from);
        }
    }

    @Test
    void countsThatAreNotPositiveAskForNothingInsteadOfCountingThroughAllNumbers() {
        MemorySegment pairs = MemorySegment.ofArray(new long[4]);
        for (int count : new int[]{0, -1, Integer.MIN_VALUE}) {
            Prefetch.toRead(0, count);
            Prefetch.toWriteEach(pairs, 0, count, 0);
        }
    }

    @Test
    void pairsOutsideTheSegmentAreNotRead() {
        // Nothing is mapped behind this segment, nor in front of it: reading there would end this process.
        MemorySegment pairs = MemorySegment.ofAddress(0).reinterpret(64);
        for (int[] range : new int[][]{{-1, 1}, {0, 5}, {4, 1}, {Integer.MAX_VALUE, 1}, {1, Integer.MAX_VALUE}}) {
            Prefetch.toWriteEach(pairs, range[0], range[1], 0);
        }
    }

    @Test
    void nothingThatIsAskedForChanges() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(8_192, 64).fill((byte) 0x5a);
            long[] words = new Random(1).longs(32, 0, memory.byteSize()).toArray();
            long[] before = words.clone();
            Prefetch.toRead(memory.address(), 128);
            Prefetch.toWrite(memory.address());
            Prefetch.toWriteEach(MemorySegment.ofArray(words).asReadOnly(), 3, 13, memory.address());
            assertThat(words).isEqualTo(before);
            assertThat(memory.toArray(JAVA_BYTE)).containsOnly(0x5a);
        }
    }

    @Test
    void aLineThatWasAskedForIsThereWhenItIsRead() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(128L << 20, 64).fill((byte) 1);
            Loads loads = new Loads(memory);
            // Whoever shares this processor can spoil a median, but not every time.
            boolean one = false;
            boolean oneToWrite = false;
            boolean written = false;
            for (int attempt = 0; attempt < 10 && !(one && oneToWrite && written); attempt++) {
                long without = loads.medianNanos(() -> {
                });
                one |= loads.medianNanos(loads::askOneByOne) < 0.8 * without;
                oneToWrite |= loads.medianNanos(loads::askOneByOneToWrite) < 0.8 * without;
                written |= loads.medianNanos(loads::askToWrite) < 0.8 * without;
            }
            assertThat(one).as("lines to read").isTrue();
            assertThat(oneToWrite).as("lines to write").isTrue();
            assertThat(written).as("places to write").isTrue();
        }
    }

    @Test
    void canBeSwitchedOff() throws Exception {
        ChildJvm off = ChildJvm.run(folder, "export JAVA_TOOL_OPTIONS=-D" + Prefetch.PROPERTY + "=off",
                MakesReady.class, "0.5");
        assertThat(off.output()).contains("ready=false threads=0");
        assertThat(off.exit()).isZero();
        ChildJvm on = ChildJvm.run(folder, "true", MakesReady.class, "20");
        assertThat(on.output()).contains("ready=true");
        assertThat(on.exit()).isZero();
    }

    /** How long it takes to read some lines that no cache is likely to have. */
    private static final class Loads {
        private final MemorySegment memory;
        private final Random random = new Random(7);
        private final long[] words = new long[2 * (PLACES + 1)];
        private final MemorySegment pairs = MemorySegment.ofArray(words);
        private long sum;

        Loads(MemorySegment memory) {
            this.memory = memory;
        }

        void askToWrite() {
            Prefetch.toWriteEach(pairs, 1, PLACES, memory.address());
        }

        void askOneByOne() {
            for (int i = 1; i <= PLACES; i++) {
                Prefetch.toRead(memory.address() + words[2 * i], 1);
            }
        }

        void askOneByOneToWrite() {
            for (int i = 1; i <= PLACES; i++) {
                Prefetch.toWrite(memory.address() + words[2 * i]);
            }
        }

        long medianNanos(Runnable ask) {
            long[] nanos = new long[ROUNDS];
            for (int round = 0; round < ROUNDS; round++) {
                for (int i = 1; i <= PLACES; i++) {
                    words[2 * i] = random.nextLong(memory.byteSize() / 64) * 64;
                }
                ask.run();
                long begin = System.nanoTime();
                while (System.nanoTime() - begin < WAIT_NANOS) {
                    Thread.onSpinWait();
                }
                begin = System.nanoTime();
                for (int i = 1; i <= PLACES; i++) {
                    // Each load needs the one before, so that they do not overlap.
                    sum += memory.get(JAVA_LONG, words[2 * i] + (sum & 0x8));
                }
                nanos[round] = System.nanoTime() - begin;
            }
            Arrays.sort(nanos);
            return nanos[ROUNDS / 2];
        }
    }

    /** Makes the code ready, waits for it for so many seconds, and tells how many threads were at it. */
    static final class MakesReady {
        private MakesReady() {
        }

        public static void main(String[] arguments) throws InterruptedException {
            long limit = (long) (Double.parseDouble(arguments[0]) * 1e9);
            long begin = System.nanoTime();
            Prefetch.makeReady();
            long threads = 0;
            while (!Prefetch.isReady() && System.nanoTime() - begin < limit) {
                threads = Math.max(threads, Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().equals(Prefetch.THREAD_NAME)).count());
                Thread.sleep(1);
            }
            System.out.println("ready=" + Prefetch.isReady() + " threads=" + threads);
        }
    }
}
