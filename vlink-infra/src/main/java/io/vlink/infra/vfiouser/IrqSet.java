// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.vfiouser;

import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.ARGSZ_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.FLAGS_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.SET_IRQS_COUNT_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.SET_IRQS_DATA_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.SET_IRQS_INDEX_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.SET_IRQS_START_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserProtocol.SET_IRQS_ACTIONS_MASK;
import static io.vlink.spec.vfiouser.VfioUserProtocol.SET_IRQS_DATA_BOOL;
import static io.vlink.spec.vfiouser.VfioUserProtocol.SET_IRQS_DATA_EVENTFD;
import static io.vlink.spec.vfiouser.VfioUserProtocol.SET_IRQS_DATA_MASK;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What to do with a range of interrupts (vfio-user "VFIO_USER_DEVICE_SET_IRQS"; linux/vfio.h "VFIO_DEVICE_SET_IRQS"). Eventfds
 * travel as descriptors of the message. The reply has no payload.
 *
 * @param flags exactly one SET_IRQS_DATA and one SET_IRQS_ACTION constant
 * @param index interrupt index
 * @param start first interrupt
 * @param count number of interrupts; 0 with no data: all of them, off
 * @param data with SET_IRQS_DATA_BOOL one byte for each interrupt, else empty
 */
@SuppressWarnings("ArrayRecordComponent") // a message is carried, never compared
public record IrqSet(int flags, int index, int start, int count, byte[] data) {
    /**
     * Reads a request.
     *
     * @param payload bytes behind the header
     * @return what it says
     * @throws VfioUserProtocolException where it is too short, its argsz is not its length, its flags are unknown or do not name
     *             one kind of data and one action, or its data do not match its count
     */
    public static IrqSet decode(byte[] payload) {
        ByteBuffer buffer = Payload.argszReader("DEVICE_SET_IRQS", payload, SET_IRQS_DATA_OFFSET);
        int argsz = buffer.getInt(ARGSZ_OFFSET);
        if (argsz != payload.length) {
            throw new VfioUserProtocolException("DEVICE_SET_IRQS argsz must be the bytes of the payload: argsz="
                    + Integer.toUnsignedString(argsz) + " bytes=" + payload.length);
        }
        var set = new IrqSet(buffer.getInt(FLAGS_OFFSET), buffer.getInt(SET_IRQS_INDEX_OFFSET),
                buffer.getInt(SET_IRQS_START_OFFSET), buffer.getInt(SET_IRQS_COUNT_OFFSET),
                Arrays.copyOfRange(payload, SET_IRQS_DATA_OFFSET, payload.length));
        checkFlags(set.flags);
        int expected = set.dataKind() == SET_IRQS_DATA_BOOL ? set.count : 0;
        if (set.data.length != expected) {
            throw new VfioUserProtocolException(
                    "DEVICE_SET_IRQS data must be one byte for each interrupt with DATA_BOOL, else none: "
                            + "count=" + Integer.toUnsignedString(set.count) + " bytes=" + set.data.length);
        }
        return set;
    }

    /** {@return the one SET_IRQS_DATA constant} */
    public int dataKind() {
        return flags & SET_IRQS_DATA_MASK;
    }

    /** {@return the one SET_IRQS_ACTION constant} */
    public int action() {
        return flags & SET_IRQS_ACTIONS_MASK;
    }

    /** {@return whether eventfds are set or taken back} */
    public boolean eventfds() {
        return dataKind() == SET_IRQS_DATA_EVENTFD;
    }

    /** {@return the payload of a request} */
    public byte[] encode() {
        byte[] payload = new byte[SET_IRQS_DATA_OFFSET + data.length];
        ByteBuffer buffer = Payload.argszWriter(payload);
        buffer.putInt(FLAGS_OFFSET, flags);
        buffer.putInt(SET_IRQS_INDEX_OFFSET, index);
        buffer.putInt(SET_IRQS_START_OFFSET, start);
        buffer.putInt(SET_IRQS_COUNT_OFFSET, count);
        buffer.put(SET_IRQS_DATA_OFFSET, data);
        return payload;
    }

    private static void checkFlags(int flags) {
        Payload.knownFlags("DEVICE_SET_IRQS", flags, SET_IRQS_DATA_MASK | SET_IRQS_ACTIONS_MASK);
        if (Integer.bitCount(flags & SET_IRQS_DATA_MASK) != 1 || Integer.bitCount(flags & SET_IRQS_ACTIONS_MASK) != 1) {
            throw new VfioUserProtocolException(
                    "DEVICE_SET_IRQS flags must name one kind of data and one action: flags=0x"
                            + Integer.toHexString(flags));
        }
    }
}
