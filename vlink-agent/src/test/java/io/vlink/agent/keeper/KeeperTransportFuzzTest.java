// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.OsException;
import io.vlink.infra.os.PageSize;
import io.vlink.infra.os.SharedMemory;
import io.vlink.infra.os.UnixConnection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;

/** Whatever comes over a keeper's socket, in whatever pieces and with whatever descriptors: none of them stays open. */
class KeeperTransportFuzzTest {
    private static final String NAME = "keeper-fuzz";
    private static final int MOST_FDS = 8;
    private static final int MOST_SENT = 64 << 10;

    @FuzzTest(maxDuration = "1m")
    void leavesNoDescriptorOpen(byte[] pieces) throws IOException {
        if (pieces.length > MOST_SENT) {
            return;
        }
        UnixConnection[] ends = UnixConnection.pair();
        try (SharedMemory traced = SharedMemory.create(NAME, PageSize.ORDINARY.bytes(), PageSize.ORDINARY)) {
            try (UnixConnection receiver = ends[1]) {
                try (UnixConnection sender = ends[0]) {
                    send(sender, pieces, traced.fd());
                }
                receiveAll(new KeeperTransport(receiver));
            }
            assertThat(open()).isEqualTo(1);
        }
    }

    /** Each piece is: descriptors, bytes, then these bytes. */
    private static void send(UnixConnection sender, byte[] pieces, Fd fd) {
        for (int at = 0; at + 2 < pieces.length;) {
            int fds = (pieces[at] & 0xff) % (MOST_FDS + 1);
            int length = Math.clamp(pieces[at + 1] & 0xff, 1, pieces.length - at - 2);
            sender.send(pieces, at + 2, length, Collections.nCopies(fds, fd));
            at += 2 + length;
        }
    }

    private static void receiveAll(KeeperTransport transport) {
        try {
            while (true) {
                try (KeeperMessage message = transport.receive()) {
                    if (message == null) {
                        return;
                    }
                    assertThat(message.fds().size()).isLessThanOrEqualTo(MOST_FDS);
                }
            }
        } catch (KeeperException | OsException refusal) {
            assertThat(refusal.getMessage()).doesNotContain("\n");
        }
    }

    private static long open() throws IOException {
        try (var entries = Files.list(Path.of("/proc/self/fd"))) {
            return entries.filter(KeeperTransportFuzzTest::isTraced).count();
        }
    }

    private static boolean isTraced(Path entry) {
        try {
            return Files.readSymbolicLink(entry).toString().contains(NAME);
        } catch (IOException closedMeanwhile) {
            return false;
        }
    }
}
