// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real mappings of real files. */
class MappingTest {
    @TempDir
    Path folder;

    @Test
    void rejectsBadRanges() {
        try (Fd fd = Fd.open(Path.of("/dev/zero"), true)) {
            assertThatIllegalArgumentException().isThrownBy(() -> Mapping.of(fd, 0, 0, Protection.READ_ONLY));
            assertThatIllegalArgumentException().isThrownBy(() -> Mapping.of(fd, -1, 4_096, Protection.READ_ONLY));
            OsException failure = catchThrowableOfType(OsException.class,
                    () -> Mapping.of(fd, 1, 4_096, Protection.READ_ONLY));
            assertThat(failure.errno()).isEqualTo(Errno.EINVAL);
        }
    }

    @Test
    void rejectsWritingWhatIsOpenForReading() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "x".repeat(4_096));
        try (Fd fd = Fd.open(file, false)) {
            assertThatThrownBy(() -> Mapping.of(fd, 0, 4_096, Protection.READ_WRITE)).isInstanceOf(OsException.class)
                    .hasMessageContaining("mmap failed: EACCES").hasMessageContaining("bytes=4096 offset=0");
            try (Mapping mapping = Mapping.of(fd, 0, 4_096, Protection.READ_ONLY)) {
                assertThat(mapping.segment().get(ValueLayout.JAVA_BYTE, 4_095)).isEqualTo((byte) 'x');
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> mapping.segment().set(ValueLayout.JAVA_BYTE, 0, (byte) 1));
            }
        }
    }

    @Test
    void unmapsOnceAndMakesLaterAccessAnException() throws IOException {
        String name = "vlink-mapping-test";
        Mapping mapping;
        try (SharedMemory memory = SharedMemory.create(name, 1 << 20, PageSize.ORDINARY)) {
            mapping = memory.map(Protection.READ_WRITE);
        }
        MemorySegment segment = mapping.segment();
        segment.set(ValueLayout.JAVA_LONG, 0, 1);
        assertThat(Files.readString(Path.of("/proc/self/maps"))).contains("/memfd:" + name);
        mapping.close();
        mapping.close();
        assertThat(Files.readString(Path.of("/proc/self/maps"))).doesNotContain("/memfd:" + name);
        assertThatIllegalStateException().isThrownBy(() -> segment.get(ValueLayout.JAVA_LONG, 0));
        assertThatThrownBy(() -> segment.get(ValueLayout.JAVA_LONG, 1 << 20)).isInstanceOf(RuntimeException.class);
    }

    @Test
    void fillsThePageTableAtOnce() throws IOException {
        try (SharedMemory memory = SharedMemory.create("vlink-populated", 4 << 20, PageSize.ORDINARY);
                Mapping mapping = memory.map(Protection.READ_WRITE)) {
            String[] sections = Files.readString(Path.of("/proc/self/smaps")).split("/memfd:vlink-populated", 2);
            assertThat(sections[1].lines().filter(line -> line.startsWith("Rss:")).findFirst().orElseThrow()
                    .replace(" ", ""))
                    .isEqualTo("Rss:" + mapping.segment().byteSize() / 1_024 + "kB");
        }
    }
}
