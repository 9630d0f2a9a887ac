// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.vfiouser;

import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.DEVICE_INFO_BYTES;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.DEVICE_INFO_IRQS_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.DEVICE_INFO_REGIONS_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.FLAGS_OFFSET;

import java.nio.ByteBuffer;

/**
 * How many regions and interrupt indices a device has (vfio-user "VFIO_USER_DEVICE_GET_INFO").
 *
 * @param flags DEVICE_FLAG constants of {@link io.vlink.spec.vfiouser.VfioUserProtocol}
 * @param regions number of region indices
 * @param irqs number of interrupt indices
 */
public record DeviceInfo(int flags, int regions, int irqs) {
    /** {@return the payload of a request} */
    public static byte[] encodeRequest() {
        return new DeviceInfo(0, 0, 0).encode();
    }

    /**
     * Reads a request or a reply.
     *
     * @param payload bytes behind the header
     * @return what it says; all zero in a good request
     * @throws VfioUserProtocolException where it is too short or its argsz too small
     */
    public static DeviceInfo decode(byte[] payload) {
        ByteBuffer buffer = Payload.argszReader("DEVICE_GET_INFO", payload, DEVICE_INFO_BYTES);
        return new DeviceInfo(buffer.getInt(FLAGS_OFFSET), buffer.getInt(DEVICE_INFO_REGIONS_OFFSET),
                buffer.getInt(DEVICE_INFO_IRQS_OFFSET));
    }

    /** {@return the payload of a reply} */
    public byte[] encode() {
        byte[] payload = new byte[DEVICE_INFO_BYTES];
        ByteBuffer buffer = Payload.argszWriter(payload);
        buffer.putInt(FLAGS_OFFSET, flags);
        buffer.putInt(DEVICE_INFO_REGIONS_OFFSET, regions);
        buffer.putInt(DEVICE_INFO_IRQS_OFFSET, irqs);
        return payload;
    }
}
