// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.vfiouser;

import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.VERSION_DATA_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.VERSION_MAJOR_OFFSET;
import static io.vlink.spec.vfiouser.VfioUserPayloadLayout.VERSION_MINOR_OFFSET;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Version and capabilities, as a client proposes them and a server answers them (vfio-user "VFIO_USER_VERSION").
 *
 * @param major protocol major, 16 bits
 * @param minor protocol minor, 16 bits
 * @param json capabilities as JSON text, empty where there are none
 */
public record VersionPayload(int major, int minor, String json) {
    /**
     * Reads a request or a reply.
     *
     * @param payload bytes behind the header
     * @return what it says; the JSON text is UTF-8 but not otherwise checked
     * @throws VfioUserProtocolException where it is too short, or its text does not end in a zero or is not UTF-8
     */
    public static VersionPayload decode(byte[] payload) {
        ByteBuffer buffer = Payload.reader("VERSION", payload, VERSION_DATA_OFFSET);
        return new VersionPayload(Short.toUnsignedInt(buffer.getShort(VERSION_MAJOR_OFFSET)),
                Short.toUnsignedInt(buffer.getShort(VERSION_MINOR_OFFSET)), text(payload));
    }

    /** {@return the payload of a request or a reply} */
    public byte[] encode() {
        byte[] text = json.getBytes(StandardCharsets.UTF_8);
        byte[] payload = new byte[VERSION_DATA_OFFSET + (text.length == 0 ? 0 : text.length + 1)];
        ByteBuffer buffer = Payload.writer(payload);
        buffer.putShort(VERSION_MAJOR_OFFSET, (short) major);
        buffer.putShort(VERSION_MINOR_OFFSET, (short) minor);
        buffer.put(VERSION_DATA_OFFSET, text);
        return payload;
    }

    private static String text(byte[] payload) {
        int bytes = payload.length - VERSION_DATA_OFFSET;
        if (bytes == 0) {
            return "";
        }
        if (payload[payload.length - 1] != 0) {
            throw new VfioUserProtocolException("VERSION text must end in a zero byte: bytes=" + bytes);
        }
        try {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder()
                    .decode(ByteBuffer.wrap(payload, VERSION_DATA_OFFSET, bytes - 1));
            return text.toString();
        } catch (CharacterCodingException e) {
            throw new VfioUserProtocolException("VERSION text must be UTF-8: bytes=" + bytes);
        }
    }
}
