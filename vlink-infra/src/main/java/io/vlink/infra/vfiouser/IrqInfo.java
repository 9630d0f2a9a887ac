// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.vfiouser;

import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.FLAGS_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.IRQ_INFO_BYTES;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.IRQ_INFO_COUNT_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.IRQ_INFO_INDEX_OFFSET;

import java.nio.ByteBuffer;

/**
 * One interrupt index of a device (vfio-user "VFIO_USER_DEVICE_GET_IRQ_INFO").
 *
 * @param flags IRQ_FLAG constants of {@link io.vlink.spec.vfiouser.VfioUserProtocol}
 * @param index interrupt index; the only field that a request sets
 * @param count number of interrupts of that kind
 */
public record IrqInfo(int flags, int index, int count) {
    /**
     * The payload of a request.
     *
     * @param index interrupt index
     * @return bytes behind the header
     */
    public static byte[] encodeRequest(int index) {
        return new IrqInfo(0, index, 0).encode();
    }

    /**
     * Reads a request or a reply.
     *
     * @param payload bytes behind the header
     * @return what it says
     * @throws VfioUserProtocolException where it is too short or its argsz too small
     */
    public static IrqInfo decode(byte[] payload) {
        ByteBuffer buffer = Payload.argszReader("DEVICE_GET_IRQ_INFO", payload, IRQ_INFO_BYTES);
        return new IrqInfo(buffer.getInt(FLAGS_OFFSET), buffer.getInt(IRQ_INFO_INDEX_OFFSET),
                buffer.getInt(IRQ_INFO_COUNT_OFFSET));
    }

    /** {@return the payload of a reply} */
    public byte[] encode() {
        byte[] payload = new byte[IRQ_INFO_BYTES];
        ByteBuffer buffer = Payload.argszWriter(payload);
        buffer.putInt(FLAGS_OFFSET, flags);
        buffer.putInt(IRQ_INFO_INDEX_OFFSET, index);
        buffer.putInt(IRQ_INFO_COUNT_OFFSET, count);
        return payload;
    }
}
