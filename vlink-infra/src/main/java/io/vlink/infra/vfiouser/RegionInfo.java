// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.vfiouser;

import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.FLAGS_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.REGION_INFO_BYTES;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.REGION_INFO_INDEX_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.REGION_INFO_OFFSET_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.REGION_INFO_SIZE_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserProtocol.REGION_FLAG_MMAP;

import java.nio.ByteBuffer;

/**
 * One region of a device (vfio-user "VFIO_USER_DEVICE_GET_REGION_INFO"). The reply for a mappable region carries one
 * descriptor.
 *
 * @param flags REGION_FLAG constants of {@link io.vlink.spec.vfiouser.VfioUserProtocol}
 * @param index region index; the only field that a request sets
 * @param bytes size of the region; 0 for one that does not exist
 * @param offset where the region starts in the descriptor, for mmap(2)
 */
public record RegionInfo(int flags, int index, long bytes, long offset) {
    /**
     * The payload of a request.
     *
     * @param index region index
     * @return bytes behind the header
     */
    public static byte[] encodeRequest(int index) {
        return new RegionInfo(0, index, 0, 0).encode();
    }

    /**
     * Reads a request or a reply. Region capabilities behind the structure are ignored.
     *
     * @param payload bytes behind the header
     * @return what it says
     * @throws VfioUserProtocolException where it is too short or its argsz too small
     */
    public static RegionInfo decode(byte[] payload) {
        ByteBuffer buffer = Payload.argszReader("DEVICE_GET_REGION_INFO", payload, REGION_INFO_BYTES);
        return new RegionInfo(buffer.getInt(FLAGS_OFFSET), buffer.getInt(REGION_INFO_INDEX_OFFSET),
                buffer.getLong(REGION_INFO_SIZE_OFFSET), buffer.getLong(REGION_INFO_OFFSET_OFFSET));
    }

    /** {@return whether the region can be mapped} */
    public boolean mappable() {
        return (flags & REGION_FLAG_MMAP) != 0;
    }

    /** {@return the payload of a reply} */
    public byte[] encode() {
        byte[] payload = new byte[REGION_INFO_BYTES];
        ByteBuffer buffer = Payload.argszWriter(payload);
        buffer.putInt(FLAGS_OFFSET, flags);
        buffer.putInt(REGION_INFO_INDEX_OFFSET, index);
        buffer.putLong(REGION_INFO_SIZE_OFFSET, bytes);
        buffer.putLong(REGION_INFO_OFFSET_OFFSET, offset);
        return payload;
    }
}
