// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import io.vlink.infra.os.UnixConnection;
import io.vlink.spec.vfiouser.VfioUserProtocol;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Whether a peer speaks at all: one that is silent, or speaks a byte a minute, gets no place that others wait for. */
final class FirstMessage {
    /** Longest message of a peer that has not agreed on a version. */
    private static final int MAX_BYTES = 32 << 10;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private FirstMessage() {
    }

    /** Waits for a whole message, which stays in the socket; false where none is there in time, the end, or nonsense is. */
    static boolean isThere(UnixConnection connection, long millis) {
        long startNanos = System.nanoTime();
        byte[] bytes = new byte[MAX_BYTES];
        while (true) {
            long left = millis - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
            if (left <= 0 || !connection.readable(left)) {
                return false;
            }
            int count = connection.peek(bytes, 0, bytes.length);
            if (count == 0) {
                return false;
            }
            if (count >= VfioUserProtocol.HEADER_BYTES) {
                int size = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(VfioUserProtocol.SIZE_OFFSET);
                if (size < VfioUserProtocol.HEADER_BYTES || size > MAX_BYTES) {
                    return false;
                }
                if (count >= size) {
                    return true;
                }
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }
}
