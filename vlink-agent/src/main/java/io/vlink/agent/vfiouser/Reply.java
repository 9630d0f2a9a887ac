// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import io.vlink.infra.os.Fd;
import java.util.List;

/**
 * What a handler answers to a command that succeeded.
 *
 * @param payload bytes behind the header
 * @param fds descriptors to send along; they stay the device's
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
record Reply(byte[] payload, List<Fd> fds) {
    /** A reply that is a header and nothing else. */
    static final Reply EMPTY = of(new byte[0]);

    static Reply of(byte[] payload) {
        return new Reply(payload, List.of());
    }
}
