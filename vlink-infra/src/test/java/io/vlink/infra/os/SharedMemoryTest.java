// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real memfds. */
class SharedMemoryTest {
    @TempDir
    Path folder;

    @Nested
    class Create {
        @Test
        void rejectsSizesThatAreNoMultipleOfThePage() {
            for (long bytes : new long[]{0, -4_096, 4_097, 1}) {
                OpenDescriptors.doNotGrowOver(() -> assertThatIllegalArgumentException()
                        .isThrownBy(() -> SharedMemory.create("x", bytes, PageSize.ORDINARY))
                        .withMessageContaining("bytes=" + bytes));
            }
            assertThatIllegalArgumentException().isThrownBy(() -> SharedMemory.create("x", 1 << 20, PageSize.HUGE_2M));
        }

        @Test
        void rejectsNamesThatAreTooLong() {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SharedMemory.create("x".repeat(250), 4_096, PageSize.ORDINARY));
        }

        @Test
        void reportsAShortageAndLeavesNothingOpen() {
            long tooMuch = 1L << 62;
            OpenDescriptors.doNotGrowOver(() -> {
                OsException failure = catchThrowableOfType(OsException.class,
                        () -> SharedMemory.create("x", tooMuch, PageSize.ORDINARY));
                assertThat(failure.errno()).isIn(Errno.ENOSPC, Errno.ENOMEM);
                assertThat(failure).hasMessageContaining("name=x bytes=" + tooMuch)
                        .hasMessageContaining("memory is short");
            });
        }

        @Test
        void allocatesEveryPageAtOnceAndZeroed() throws Exception {
            long bytes = 65L << 20;
            try (SharedMemory memory = SharedMemory.create("x", bytes, PageSize.ORDINARY);
                    Mapping mapping = memory.map(Protection.READ_WRITE)) {
                Object blocks = Files.getAttribute(Path.of("/proc/self/fd/" + memory.fd().number()), "unix:size");
                assertThat(blocks).isEqualTo(bytes);
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment stat = arena.allocate(NativeLayouts.STAT);
                    assertThat(MemoryFileCalls.fstat(memory.fd().number(), stat)).isZero();
                    // st_blocks, in units of 512 bytes, counts what is allocated.
                    assertThat(stat.get(ValueLayout.JAVA_LONG, 64) * 512).isGreaterThanOrEqualTo(bytes);
                }
                assertThat(mapping.segment().byteSize()).isEqualTo(bytes);
                assertThat(mapping.segment().get(ValueLayout.JAVA_LONG, bytes - 8)).isZero();
            }
        }

        @Test
        void sealsTheSize() {
            try (SharedMemory memory = SharedMemory.create("x", 8_192, PageSize.ORDINARY)) {
                int number = memory.fd().number();
                assertThat(MemoryFileCalls.ftruncate(number, 4_096)).isEqualTo(-Errno.EPERM);
                assertThat(MemoryFileCalls.ftruncate(number, 16_384)).isEqualTo(-Errno.EPERM);
            }
        }

        @Test
        void sealsAgainstFurtherSealsToo() {
            try (SharedMemory memory = SharedMemory.create("x", 8_192, PageSize.ORDINARY)) {
                // fcntl(2): F_ADD_SEALS, F_SEAL_FUTURE_WRITE would keep every later driver from mapping it.
                assertThat(DescriptorCalls.fcntl(memory.fd().number(), 1_033, 16)).isEqualTo(-Errno.EPERM);
            }
        }

        @Test
        void allocatesSmallMemoryToo() {
            for (long bytes : new long[]{4_096, 65_536, 1 << 20}) {
                try (SharedMemory memory = SharedMemory.create("x", bytes, PageSize.ORDINARY);
                        Arena arena = Arena.ofConfined()) {
                    MemorySegment stat = arena.allocate(NativeLayouts.STAT);
                    assertThat(MemoryFileCalls.fstat(memory.fd().number(), stat)).isZero();
                    assertThat(stat.get(ValueLayout.JAVA_LONG, 64) * 512).as("allocated of %s", bytes)
                            .isGreaterThanOrEqualTo(bytes);
                }
            }
        }
    }

    @Nested
    class Adopt {
        @Test
        void closesAndRejectsWhatIsNotSealed() {
            OpenDescriptors.doNotGrowOver(() -> {
                Fd unsealed;
                try (Arena arena = Arena.ofConfined()) {
                    unsealed = Fd.own(MemoryFileCalls.memfdCreate(arena.allocateFrom("x"), 3));
                }
                assertThat(MemoryFileCalls.ftruncate(unsealed.number(), 4_096)).isZero();
                assertThatIllegalArgumentException().isThrownBy(() -> SharedMemory.adopt(unsealed))
                        .withMessageContaining("seals=0");
                assertThat(unsealed.isOpen()).isFalse();
            });
        }

        @Test
        void closesAndRejectsWhatIsSealedInPart() {
            // F_SEAL_SEAL 1, F_SEAL_SHRINK 2, F_SEAL_GROW 4: each that is missing is one too few.
            for (int seals : new int[]{0, 2, 4, 6, 2 | 1, 4 | 1}) {
                Fd partly;
                try (Arena arena = Arena.ofConfined()) {
                    partly = Fd.own(MemoryFileCalls.memfdCreate(arena.allocateFrom("x"), 3));
                }
                assertThat(MemoryFileCalls.ftruncate(partly.number(), 4_096)).isZero();
                assertThat(DescriptorCalls.fcntl(partly.number(), 1_033, seals)).isZero();
                assertThatIllegalArgumentException().as("seals=%s", seals)
                        .isThrownBy(() -> SharedMemory.adopt(partly).close());
                assertThat(partly.isOpen()).isFalse();
            }
        }

        @Test
        void closesAndRejectsWhatIsNoMemory() throws Exception {
            Path file = Files.writeString(folder.resolve("file"), "x".repeat(4_096));
            for (int kind = 0; kind < 2; kind++) {
                // A file has no seals, or where the folder is a tmpfs, the one that forbids more of them: fcntl(2).
                Fd fd = kind == 0 ? Fd.open(file, true) : Fd.eventFd();
                assertThatIllegalArgumentException().isThrownBy(() -> SharedMemory.adopt(fd))
                        .withMessageContaining("seals=");
                assertThat(fd.isOpen()).isFalse();
            }
        }

        @Test
        void keepsTheMemoryAliveAfterItsCreator() {
            SharedMemory created = SharedMemory.create("x", 4_096, PageSize.ORDINARY);
            try (Mapping mapping = created.map(Protection.READ_WRITE)) {
                mapping.segment().set(ValueLayout.JAVA_LONG, 8, 7);
            }
            Fd second = created.fd().duplicate();
            created.close();
            try (SharedMemory adopted = SharedMemory.adopt(second);
                    Mapping mapping = adopted.map(Protection.READ_ONLY)) {
                assertThat(mapping.segment().get(ValueLayout.JAVA_LONG, 8)).isEqualTo(7);
            }
        }
    }
}
