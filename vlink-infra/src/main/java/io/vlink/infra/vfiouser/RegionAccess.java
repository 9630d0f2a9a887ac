// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.vfiouser;

import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.ACCESS_COUNT_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.ACCESS_DATA_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.ACCESS_OFFSET_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.ACCESS_REGION_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserProtocol.MAX_DATA_BYTES;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A read from or a write to a region over the socket (vfio-user "VFIO_USER_REGION_READ", "VFIO_USER_REGION_WRITE").
 *
 * @param offset bytes from the start of the region, unsigned
 * @param region region index
 * @param count bytes to transfer, 1 to {@value io.vlink.spec.vfiouser.VfioUserProtocol#MAX_DATA_BYTES}
 * @param data those bytes in a write request and a read reply, else empty
 */
@SuppressWarnings("ArrayRecordComponent") // a message is carried, never compared
public record RegionAccess(long offset, int region, int count, byte[] data) {
    private static final byte[] NONE = {};

    /**
     * A request to read, or the reply to a write.
     *
     * @param offset bytes from the start of the region
     * @param region region index
     * @param count bytes to transfer
     * @return the access, without data
     */
    public static RegionAccess ofCount(long offset, int region, int count) {
        return new RegionAccess(offset, region, count, NONE);
    }

    /**
     * A request to write, or the reply to a read.
     *
     * @param offset bytes from the start of the region
     * @param region region index
     * @param data the bytes
     * @return the access
     */
    public static RegionAccess ofData(long offset, int region, byte[] data) {
        return new RegionAccess(offset, region, data.length, data);
    }

    /**
     * Reads a read request or a write reply.
     *
     * @param payload bytes behind the header
     * @return what it says
     * @throws VfioUserProtocolException where its length is wrong or its count out of range
     */
    public static RegionAccess decodeWithoutData(byte[] payload) {
        return decode("REGION_READ", payload, false);
    }

    /**
     * Reads a write request or a read reply.
     *
     * @param payload bytes behind the header
     * @return what it says
     * @throws VfioUserProtocolException where it is too short, its count out of range, or its data do not match its count
     */
    public static RegionAccess decodeWithData(byte[] payload) {
        return decode("REGION_WRITE", payload, true);
    }

    /** {@return the payload of a request or a reply} */
    public byte[] encode() {
        byte[] payload = new byte[ACCESS_DATA_OFFSET + data.length];
        ByteBuffer buffer = Payload.writer(payload);
        buffer.putLong(ACCESS_OFFSET_OFFSET, offset);
        buffer.putInt(ACCESS_REGION_OFFSET, region);
        buffer.putInt(ACCESS_COUNT_OFFSET, count);
        buffer.put(ACCESS_DATA_OFFSET, data);
        return payload;
    }

    private static RegionAccess decode(String what, byte[] payload, boolean withData) {
        ByteBuffer buffer = Payload.reader(what, payload, ACCESS_DATA_OFFSET);
        int count = buffer.getInt(ACCESS_COUNT_OFFSET);
        if (count < 1 || count > MAX_DATA_BYTES) {
            throw new VfioUserProtocolException(
                    what + " count must be 1 to " + MAX_DATA_BYTES + ": count=" + Integer.toUnsignedString(count));
        }
        int expected = withData ? count : 0;
        if (payload.length - ACCESS_DATA_OFFSET != expected) {
            throw new VfioUserProtocolException(
                    what + " data must have " + expected + " bytes: bytes=" + (payload.length - ACCESS_DATA_OFFSET));
        }
        return new RegionAccess(buffer.getLong(ACCESS_OFFSET_OFFSET), buffer.getInt(ACCESS_REGION_OFFSET), count,
                Arrays.copyOfRange(payload, ACCESS_DATA_OFFSET, payload.length));
    }
}
