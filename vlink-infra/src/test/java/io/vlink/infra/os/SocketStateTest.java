// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** States of real descriptors. */
class SocketStateTest {
    @TempDir
    Path folder;

    @Test
    void refusesAClosedDescriptor() {
        Fd fd = Fd.eventFd();
        fd.close();
        assertThatIllegalStateException().isThrownBy(() -> SocketState.of(fd));
    }

    @Test
    void tellsSocketsFromOtherThingsAndListenersFromConnections() {
        UnixConnection[] pair = UnixConnection.pair();
        try (Fd counter = Fd.eventFd();
                Fd directory = Fd.open(folder, false);
                UnixListener listener = UnixListener.bind(folder.resolve("s"), 1);
                UnixConnection left = pair[0]) {
            assertThat(SocketState.of(counter)).isEqualTo(SocketState.NO_SOCKET);
            assertThat(SocketState.of(directory)).isEqualTo(SocketState.NO_SOCKET);
            assertThat(SocketState.of(listener.fd())).isEqualTo(SocketState.LISTENING);
            assertThat(SocketState.of(left.fd())).isEqualTo(SocketState.OPEN);
            pair[1].send(new byte[1], 0, 1, List.of());
            pair[1].close();
            assertThat(SocketState.of(left.fd())).as("although a byte is there").isEqualTo(SocketState.HUNG_UP);
        }
    }
}
