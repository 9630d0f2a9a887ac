// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.control;

import io.vlink.spec.control.ControlProtocol;
import io.vlink.spec.control.TlvType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.HexDumpBytes;

/**
 * Turns messages into bytes and back (SPEC.md appendix B; all numbers little-endian). Bytes come from a peer: every number
 * is checked against the protocol's limits before it is used, and a message is taken whole or not at all. Chronicle Bytes
 * is used on the heap only, over arrays that no peer can write.
 */
final class ControlCodec {
    private ControlCodec() {
    }

    static byte[] encode(List<Tlv> tlvs) {
        Bytes<?> out = Bytes.allocateElasticOnHeap(ControlProtocol.HEADER_BYTES + bodyBytes(tlvs));
        try {
            write(out, tlvs);
            return out.toByteArray();
        } finally {
            out.releaseLast();
        }
    }

    static String dump(List<Tlv> tlvs) {
        HexDumpBytes out = new HexDumpBytes();
        try {
            write(out, tlvs);
            return out.toHexString();
        } finally {
            out.releaseLast();
        }
    }

    static int bodyBytes(List<Tlv> tlvs) {
        int bytes = 0;
        for (Tlv tlv : tlvs) {
            bytes += ControlProtocol.TLV_HEADER_BYTES + switch (tlv) {
                case Tlv.U32 _ -> Integer.BYTES;
                case Tlv.Text text -> text.value().getBytes(StandardCharsets.UTF_8).length;
            };
        }
        return bytes;
    }

    // The one place that writes: encode and dump differ only in what they write to, so a dump cannot lie.
    private static void write(Bytes<?> out, List<Tlv> tlvs) {
        out.writeHexDumpDescription("version").writeUnsignedByte(ControlProtocol.VERSION);
        out.writeHexDumpDescription("reserved").writeUnsignedByte(0);
        out.writeHexDumpDescription("tlv count").writeUnsignedShort(tlvs.size());
        out.writeHexDumpDescription("length").writeInt(bodyBytes(tlvs));
        for (Tlv tlv : tlvs) {
            out.writeHexDumpDescription(tlv.toString()).writeUnsignedShort(tlv.type().code());
            out.writeHexDumpDescription("reserved").writeUnsignedShort(0);
            switch (tlv) {
                case Tlv.U32 number -> {
                    out.writeHexDumpDescription("length").writeInt(Integer.BYTES);
                    out.writeHexDumpDescription("value").writeInt(number.value());
                }
                case Tlv.Text text -> {
                    byte[] value = text.value().getBytes(StandardCharsets.UTF_8);
                    out.writeHexDumpDescription("length").writeInt(value.length);
                    out.writeHexDumpDescription("value").write(value);
                }
            }
        }
    }

    static ControlMessage decode(byte[] message) {
        if (message.length < ControlProtocol.HEADER_BYTES) {
            throw new BadMessageException("message is shorter than its header: bytes=" + message.length);
        }
        byte[] header = Arrays.copyOf(message, ControlProtocol.HEADER_BYTES);
        byte[] body = Arrays.copyOfRange(message, ControlProtocol.HEADER_BYTES, message.length);
        return decode(header, body);
    }

    static ControlMessage decode(byte[] header, byte[] body) {
        int length = bodyLength(header);
        if (length != body.length) {
            throw new BadMessageException(
                    "header and body must agree: length=" + length + " body=" + body.length + " bytes");
        }
        Bytes<?> in = Bytes.wrapForRead(header);
        int count;
        try {
            count = in.readUnsignedShort(ControlProtocol.TLV_COUNT_OFFSET);
        } finally {
            in.releaseLast();
        }
        return new ControlMessage(readTlvs(body, count));
    }

    /**
     * The length of the body that follows a header, after all of the header's checks.
     *
     * @param header {@value ControlProtocol#HEADER_BYTES} bytes
     * @return bytes, 0 to {@value ControlProtocol#MAX_LENGTH}
     * @throws BadMessageException when the header breaks a rule
     */
    static int bodyLength(byte[] header) {
        if (header.length != ControlProtocol.HEADER_BYTES) {
            throw new BadMessageException("header must have " + ControlProtocol.HEADER_BYTES + " bytes: bytes="
                    + header.length);
        }
        Bytes<?> in = Bytes.wrapForRead(header);
        try {
            require(in.readUnsignedByte(ControlProtocol.VERSION_OFFSET) == ControlProtocol.VERSION,
                    "version must be " + ControlProtocol.VERSION, "version", header[ControlProtocol.VERSION_OFFSET]);
            int reserved = in.readUnsignedByte(ControlProtocol.RESERVED_OFFSET);
            require(reserved == 0, "reserved byte of the header must be 0", "reserved", reserved);
            int count = in.readUnsignedShort(ControlProtocol.TLV_COUNT_OFFSET);
            require(count <= ControlProtocol.MAX_TLVS, "message must have at most " + ControlProtocol.MAX_TLVS
                    + " TLVs", "count", count);
            long length = in.readUnsignedInt(ControlProtocol.LENGTH_OFFSET);
            require(length <= ControlProtocol.MAX_LENGTH, "message must have at most " + ControlProtocol.MAX_LENGTH
                    + " bytes of TLVs", "length", length);
            return (int) length;
        } finally {
            in.releaseLast();
        }
    }

    private static List<Tlv> readTlvs(byte[] body, int count) {
        List<Tlv> tlvs = new ArrayList<>(count);
        Set<TlvType> seen = EnumSet.noneOf(TlvType.class);
        Bytes<?> in = Bytes.wrapForRead(body);
        try {
            for (int i = 0; i < count; i++) {
                Tlv tlv = readTlv(in, i);
                require(seen.add(tlv.type()) || Tlv.isRepeatable(tlv.type()), "only LINK may be repeated in a message",
                        "type", tlv.type().code());
                tlvs.add(tlv);
            }
            require(in.readRemaining() == 0, "bytes follow the last TLV", "bytes", in.readRemaining());
            return tlvs;
        } finally {
            in.releaseLast();
        }
    }

    private static Tlv readTlv(Bytes<?> in, int number) {
        String name = "TLV " + number;
        require(in.readRemaining() >= ControlProtocol.TLV_HEADER_BYTES, name + " ends before its header does", "left",
                in.readRemaining());
        int code = in.readUnsignedShort();
        int reserved = in.readUnsignedShort();
        long length = in.readUnsignedInt();
        TlvType type = TlvType.of(code);
        require(type != null, name + " must be of a type that the protocol knows", "type", code);
        require(reserved == 0, name + ": reserved field must be 0", "reserved", reserved);
        require(length <= type.maxBytes(), name + ": " + type + " must have at most " + type.maxBytes() + " bytes",
                "length", length);
        require(length <= in.readRemaining(), name + " ends after the message does", "length", length);
        if (Tlv.isNumber(type)) {
            require(length == Integer.BYTES, name + ": " + type + " must have 4 bytes", "length", length);
            long value = in.readUnsignedInt();
            require(value <= Integer.MAX_VALUE, name + ": number is too large", type.name(), value);
            return new Tlv.U32(type, (int) value);
        }
        byte[] utf8 = new byte[(int) length];
        in.read(utf8);
        return new Tlv.Text(type, TextRules.decode(utf8, type.name()));
    }

    private static void require(boolean kept, String rule, String name, long value) {
        if (!kept) {
            throw new BadMessageException(rule + ": " + name + "=" + value);
        }
    }
}
