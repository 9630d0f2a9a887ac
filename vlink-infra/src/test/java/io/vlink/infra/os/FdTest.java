// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real descriptors. */
class FdTest {
    @TempDir
    Path folder;

    @Test
    void rejectsNegativeNumbers() {
        assertThatIllegalArgumentException().isThrownBy(() -> Fd.own(-1)).withMessageContaining("fd=-1");
    }

    @Test
    void namesThePathThatCannotBeOpened() {
        OpenDescriptors.doNotGrowOver(() -> assertThatThrownBy(() -> Fd.open(folder.resolve("absent"), false))
                .isInstanceOf(OsException.class).hasMessageContaining("open failed: ENOENT")
                .hasMessageContaining("path=" + folder.resolve("absent")));
    }

    @Test
    void rejectsEveryUseOnceClosed() {
        Fd fd = Fd.eventFd();
        fd.close();
        fd.close();
        assertThat(fd.isOpen()).isFalse();
        assertThatIllegalStateException().isThrownBy(fd::number);
        assertThatIllegalStateException().isThrownBy(fd::duplicate);
        assertThatIllegalStateException().isThrownBy(() -> fd.write(new byte[8]));
        assertThatIllegalStateException().isThrownBy(() -> fd.read(new byte[8]));
        assertThatIllegalStateException().isThrownBy(() -> fd.pread(0, 4));
        assertThatIllegalStateException().isThrownBy(() -> fd.setCloseOnExec(true));
    }

    @Test
    void keepsTheNumberUntilTheLastCallOnItHasReturned() {
        Fd fd = Fd.eventFd();
        int number = fd.acquire();
        Path entry = Path.of("/proc/self/fd/" + number);
        fd.close();
        assertThat(fd.isOpen()).isFalse();
        assertThat(Files.exists(entry, java.nio.file.LinkOption.NOFOLLOW_LINKS)).isTrue();
        fd.release();
        assertThat(Files.exists(entry, java.nio.file.LinkOption.NOFOLLOW_LINKS)).isFalse();
    }

    @Test
    void saysWhenSomethingElseClosedTheNumber() {
        Fd fd = Fd.eventFd();
        FileCalls.close(fd.number());
        assertThatThrownBy(fd::close).isInstanceOf(OsException.class).hasMessageContaining("something else closed it");
    }

    @Test
    void readsAndWritesRegistersOfEveryWidth() throws IOException {
        Path file = Files.write(folder.resolve("registers"), new byte[16]);
        try (Fd fd = Fd.open(file, true)) {
            fd.pwrite(4, 4, 0x8000_0001L);
            assertThat(fd.pread(4, 4)).isEqualTo(0x8000_0001L);
            assertThat(fd.pread(4, 1)).isEqualTo(1);
            assertThat(fd.pread(6, 2)).isEqualTo(0x8000);
            fd.pwrite(8, 8, -1);
            assertThat(fd.pread(8, 8)).isEqualTo(-1);
            assertThat(fd.pread(0, 4)).isZero();
            assertThatIllegalArgumentException().isThrownBy(() -> fd.pread(0, 9));
            assertThatIllegalArgumentException().isThrownBy(() -> fd.pwrite(0, 0, 1));
            assertThatIllegalArgumentException().isThrownBy(() -> fd.pread(-4, 4));
            assertThatThrownBy(() -> fd.pread(14, 4)).isInstanceOf(OsException.class)
                    .hasMessageContaining("only 2 bytes");
        }
        try (Fd readOnly = Fd.open(file, false)) {
            assertThatThrownBy(() -> readOnly.pwrite(0, 4, 1)).isInstanceOf(OsException.class)
                    .hasMessageContaining("EBADF");
        }
    }

    @Test
    void addsToAnEventCounter() {
        byte[] two = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putLong(2).array();
        byte[] read = new byte[8];
        try (Fd event = Fd.eventFd(); Fd second = event.duplicate()) {
            event.write(two);
            second.write(two);
            assertThat(event.read(read)).isEqualTo(8);
            assertThat(ByteBuffer.wrap(read).order(ByteOrder.nativeOrder()).getLong()).isEqualTo(4);
            assertThat(second.isCloseOnExec()).isTrue();
            second.setCloseOnExec(false);
            assertThat(second.isCloseOnExec()).isFalse();
            assertThat(event.isCloseOnExec()).isTrue();
        }
    }
}
