// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.vfiouser;

import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.DMA_MAP_ADDRESS_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.DMA_MAP_BYTES;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.DMA_MAP_OFFSET_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.DMA_MAP_SIZE_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.FLAGS_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserProtocol.DMA_FLAG_READ;
import static io.vlink.spec.vfiouser.VfioUserProtocol.DMA_FLAG_WRITE;

import java.nio.ByteBuffer;

/**
 * Guest memory that a device could reach (vfio-user "VFIO_USER_DMA_MAP"); at most one descriptor comes with it. The reply has
 * no payload.
 *
 * @param flags DMA_FLAG constants of {@link io.vlink.spec.vfiouser.VfioUserProtocol}
 * @param offset where the memory starts in the descriptor
 * @param address guest address, unsigned
 * @param bytes size, unsigned, not 0
 */
public record DmaMap(int flags, long offset, long address, long bytes) {
    /**
     * Reads a request.
     *
     * @param payload bytes behind the header
     * @return what it says
     * @throws VfioUserProtocolException where it is too short, its argsz too small, its flags unknown, or its range empty or past
     *             the end of the address space
     */
    public static DmaMap decode(byte[] payload) {
        ByteBuffer buffer = Payload.argszReader("DMA_MAP", payload, DMA_MAP_BYTES);
        var map = new DmaMap(buffer.getInt(FLAGS_OFFSET), buffer.getLong(DMA_MAP_OFFSET_OFFSET),
                buffer.getLong(DMA_MAP_ADDRESS_OFFSET), buffer.getLong(DMA_MAP_SIZE_OFFSET));
        Payload.knownFlags("DMA_MAP", map.flags, DMA_FLAG_READ | DMA_FLAG_WRITE);
        // The last byte, not the end: a window may reach up to the very top of the address space.
        if (map.bytes == 0 || Long.compareUnsigned(map.address + (map.bytes - 1), map.address) < 0) {
            throw new VfioUserProtocolException("DMA_MAP range must be inside the address space: address=0x"
                    + Long.toHexString(map.address) + " size=0x" + Long.toHexString(map.bytes));
        }
        return map;
    }

    /** {@return the payload of a request} */
    public byte[] encode() {
        byte[] payload = new byte[DMA_MAP_BYTES];
        ByteBuffer buffer = Payload.argszWriter(payload);
        buffer.putInt(FLAGS_OFFSET, flags);
        buffer.putLong(DMA_MAP_OFFSET_OFFSET, offset);
        buffer.putLong(DMA_MAP_ADDRESS_OFFSET, address);
        buffer.putLong(DMA_MAP_SIZE_OFFSET, bytes);
        return payload;
    }
}
