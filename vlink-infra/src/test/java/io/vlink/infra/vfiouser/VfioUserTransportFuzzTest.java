// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.vfiouser;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.vlink.infra.os.TracedDescriptor;
import io.vlink.infra.os.UnixConnection;
import io.vlink.spec.vfiouser.VfioUserProtocol;

/** Whatever comes over a device socket, in whatever pieces and with whatever descriptors: none of them stays open. */
class VfioUserTransportFuzzTest {
    private static final int MOST_FDS = 12;
    private static final int MOST_SENT = 64 << 10;

    @FuzzTest(maxDuration = "1m")
    void leavesNoDescriptorOpen(byte[] pieces) {
        if (pieces.length > MOST_SENT) {
            return;
        }
        UnixConnection[] ends = UnixConnection.pair();
        try (TracedDescriptor traced = new TracedDescriptor()) {
            try (UnixConnection receiver = ends[1]) {
                traced.send(ends[0], pieces, MOST_FDS);
                receiveAll(new VfioUserTransport(receiver));
            }
            assertThat(traced.copies()).isZero();
        }
    }

    private static void receiveAll(VfioUserTransport transport) {
        try {
            while (true) {
                try (VfioUserMessage message = transport.receive()) {
                    if (message == null) {
                        return;
                    }
                    assertThat(message.fds().size()).isLessThanOrEqualTo(VfioUserProtocol.MAX_MESSAGE_FDS);
                    assertThat(message.payload().length).isLessThan(VfioUserProtocol.MAX_MESSAGE_BYTES);
                }
            }
        } catch (VfioUserProtocolException refusal) {
            assertThat(refusal.getMessage()).doesNotContain("\n");
        }
    }
}
