// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.vlink.infra.os.TracedDescriptor;
import io.vlink.infra.os.UnixConnection;
import java.util.List;

/** Whatever comes over a connection, in whatever pieces and with whatever descriptors: none of them stays open. */
class ControlConnectionFuzzTest {
    private static final int MAX_FDS = 4;
    private static final int MOST_SENT = 64 << 10;

    @FuzzTest(maxDuration = "1m")
    void leavesNoDescriptorOpen(byte[] pieces) {
        if (pieces.length > MOST_SENT) {
            return;
        }
        UnixConnection[] ends = UnixConnection.pair();
        try (TracedDescriptor traced = new TracedDescriptor()) {
            try (ControlConnection receiver = new ControlConnection(ends[1])) {
                traced.send(ends[0], pieces, MAX_FDS);
                receiveAll(receiver);
            }
            assertThat(traced.copies()).isZero();
        }
    }

    private static void receiveAll(ControlConnection receiver) {
        try {
            for (int maxFds = 0;; maxFds = (maxFds + 1) % MAX_FDS) {
                ControlConnection.Received received = receiver.receive(maxFds);
                if (received == null) {
                    return;
                }
                assertThat(received.fds().size()).isLessThanOrEqualTo(maxFds);
                received.closeFds();
            }
        } catch (BadMessageException refusal) {
            assertThat(List.of(refusal.getMessage().split("\n"))).hasSize(1);
        }
    }
}
