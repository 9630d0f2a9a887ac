// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.vfiouser;

import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.DMA_UNMAP_ADDRESS_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.DMA_UNMAP_BYTES;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.DMA_UNMAP_SIZE_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.FLAGS_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserProtocol.DMA_UNMAP_FLAG_ALL;

import java.nio.ByteBuffer;

/**
 * Guest memory that goes away (vfio-user "VFIO_USER_DMA_UNMAP"). The reply repeats the request.
 *
 * @param flags 0, or DMA_UNMAP_FLAG_ALL of {@link io.vlink.spec.vfiouser.VfioUserProtocol} with address and size 0
 * @param address guest address, unsigned
 * @param bytes size, unsigned
 */
public record DmaUnmap(int flags, long address, long bytes) {
    /**
     * Reads a request or a reply.
     *
     * @param payload bytes behind the header
     * @return what it says
     * @throws VfioUserProtocolException where it is too short, its argsz too small, its flags unknown, or it names a range along
     *             with "all"
     */
    public static DmaUnmap decode(byte[] payload) {
        ByteBuffer buffer = Payload.argszReader("DMA_UNMAP", payload, DMA_UNMAP_BYTES);
        var unmap = new DmaUnmap(buffer.getInt(FLAGS_OFFSET), buffer.getLong(DMA_UNMAP_ADDRESS_OFFSET),
                buffer.getLong(DMA_UNMAP_SIZE_OFFSET));
        Payload.knownFlags("DMA_UNMAP", unmap.flags, DMA_UNMAP_FLAG_ALL);
        if (unmap.all() && (unmap.address != 0 || unmap.bytes != 0)) {
            throw new VfioUserProtocolException("DMA_UNMAP of everything must not name a range: address=0x"
                    + Long.toHexString(unmap.address) + " size=0x" + Long.toHexString(unmap.bytes));
        }
        return unmap;
    }

    /** {@return whether all memory goes away} */
    public boolean all() {
        return (flags & DMA_UNMAP_FLAG_ALL) != 0;
    }

    /** {@return the payload of a request or a reply} */
    public byte[] encode() {
        byte[] payload = new byte[DMA_UNMAP_BYTES];
        ByteBuffer buffer = Payload.argszWriter(payload);
        buffer.putInt(FLAGS_OFFSET, flags);
        buffer.putLong(DMA_UNMAP_ADDRESS_OFFSET, address);
        buffer.putLong(DMA_UNMAP_SIZE_OFFSET, bytes);
        return payload;
    }
}
