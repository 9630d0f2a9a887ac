// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bytes and descriptors over a real socket. */
class UnixConnectionTest {
    @TempDir
    Path folder;

    @Test
    void carriesSharedMemoryToWhoeverConnects() {
        Path path = folder.resolve("s");
        try (UnixListener listener = UnixListener.bind(path, 4);
                UnixConnection client = UnixConnection.connect(path);
                UnixConnection server = listener.accept();
                SharedMemory memory = SharedMemory.create("test", 1 << 20, PageSize.ORDINARY);
                Mapping mine = memory.map(Protection.READ_WRITE)) {
            client.send("hello".getBytes(UTF_8), 0, 5, List.of(memory.fd()));
            byte[] bytes = new byte[16];
            List<Fd> fds = new ArrayList<>();
            assertThat(server.receive(bytes, 0, 16, fds, 1)).isEqualTo(5);
            assertThat(new String(bytes, 0, 5, UTF_8)).isEqualTo("hello");
            assertThat(server.peer().pid()).isEqualTo((int) ProcessHandle.current().pid());
            try (SharedMemory adopted = SharedMemory.adopt(fds.getFirst());
                    Mapping theirs = adopted.map(Protection.READ_ONLY)) {
                mine.segment().set(ValueLayout.JAVA_LONG, 4_096, 42);
                assertThat(theirs.segment().get(ValueLayout.JAVA_LONG, 4_096)).isEqualTo(42);
                assertThat(adopted.bytes()).isEqualTo(1 << 20);
                assertThat(adopted.pageSize()).isEqualTo(PageSize.ORDINARY);
            }
        }
        assertThat(path).doesNotExist();
    }
}
