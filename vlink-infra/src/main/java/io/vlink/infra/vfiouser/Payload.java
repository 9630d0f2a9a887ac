// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.vfiouser;

import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.ARGSZ_OFFSET;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Little-endian buffers over payloads, with the two checks that every decoder starts with. */
final class Payload {
    private Payload() {
    }

    /** A buffer to read from; the payload must hold at least the fixed part of its structure. */
    static ByteBuffer reader(String what, byte[] payload, int leastBytes) {
        if (payload.length < leastBytes) {
            throw new VfioUserProtocolException(
                    what + " payload must have at least " + leastBytes + " bytes: bytes=" + payload.length);
        }
        return ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Like {@link #reader}, for structures that begin with argsz, which must cover the fixed part too. */
    static ByteBuffer argszReader(String what, byte[] payload, int leastBytes) {
        ByteBuffer buffer = reader(what, payload, leastBytes);
        int argsz = buffer.getInt(ARGSZ_OFFSET);
        if (Integer.compareUnsigned(argsz, leastBytes) < 0) {
            throw new VfioUserProtocolException(
                    what + " argsz must be at least " + leastBytes + ": argsz=" + Integer.toUnsignedString(argsz));
        }
        return buffer;
    }

    /** A buffer to fill a new payload with. */
    static ByteBuffer writer(byte[] payload) {
        return ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Like {@link #writer}, with argsz already there: the payload's length. */
    static ByteBuffer argszWriter(byte[] payload) {
        return writer(payload).putInt(ARGSZ_OFFSET, payload.length);
    }

    /** Refuses bits that nobody has defined. */
    static void knownFlags(String what, int flags, int known) {
        if ((flags & ~known) != 0) {
            throw new VfioUserProtocolException(what + " flags must be known: flags=0x" + Integer.toHexString(flags));
        }
    }
}
