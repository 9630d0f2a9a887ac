// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.control;

import io.vlink.spec.control.ControlProtocol;
import io.vlink.spec.control.Request;
import io.vlink.spec.control.Role;
import io.vlink.spec.control.StatusCode;
import io.vlink.spec.control.TlvType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * A message of the control protocol: an ordered list of typed values (SPEC.md appendix B). Immutable, for any thread. A
 * message that exists obeys the protocol's limits; one that was received is additionally checked for its meaning as it is
 * read, which is why getters throw {@link BadMessageException}.
 */
public final class ControlMessage {
    private final List<Tlv> tlvs;

    ControlMessage(List<Tlv> tlvs) {
        this.tlvs = List.copyOf(tlvs);
    }

    /** {@return a builder of an empty message} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * A builder that holds a request's first two values.
     *
     * @param role    who asks
     * @param request what is asked
     * @return a builder for the request's further values
     */
    public static Builder request(Role role, Request request) {
        return builder().addInt(TlvType.ROLE, role.code()).addInt(TlvType.REQUEST, request.code());
    }

    /**
     * A builder that holds a reply's first value.
     *
     * @param status how the request went
     * @return a builder for the reply's further values
     */
    public static Builder reply(StatusCode status) {
        return builder().addInt(TlvType.STATUS, status.code());
    }

    /**
     * A reply that says why a request failed.
     *
     * @param status  how the request went
     * @param message for people; made one line, and cut to what fits, because it may come from anywhere
     * @return the reply
     */
    public static ControlMessage failure(StatusCode status, String message) {
        return reply(status).addText(TlvType.MESSAGE, TextRules.oneLine(message, TlvType.MESSAGE.maxBytes())).build();
    }

    /**
     * The message that the bytes hold.
     *
     * @param bytes header and body of one message, no more
     * @return the message
     * @throws BadMessageException when the bytes break a rule of the protocol
     */
    public static ControlMessage decode(byte[] bytes) {
        return ControlCodec.decode(bytes);
    }

    /**
     * The message that a header and a body hold.
     *
     * @param header {@value ControlProtocol#HEADER_BYTES} bytes
     * @param body   all TLVs of the message, no more
     * @return the message
     * @throws BadMessageException when the bytes break a rule of the protocol
     */
    public static ControlMessage decode(byte[] header, byte[] body) {
        return ControlCodec.decode(header, body);
    }

    /** {@return header and body as they travel} */
    public byte[] encode() {
        return ControlCodec.encode(tlvs);
    }

    /** {@return the encoded bytes in hexadecimal, with a comment beside each field; several lines, for logs and tests} */
    public String dump() {
        return ControlCodec.dump(tlvs);
    }

    /**
     * The number of a type, which must be there.
     *
     * @param type a u32 type
     * @return 0 to {@link Integer#MAX_VALUE}
     * @throws BadMessageException when the message has none
     */
    public int integer(TlvType type) {
        return optionalInteger(type).orElseThrow(() -> missing(type));
    }

    /**
     * The number of a type, if it is there.
     *
     * @param type a u32 type
     * @return the number, 0 to {@link Integer#MAX_VALUE}
     */
    public OptionalInt optionalInteger(TlvType type) {
        checkKind(type, true);
        return find(type).map(tlv -> OptionalInt.of(((Tlv.U32) tlv).value())).orElseGet(OptionalInt::empty);
    }

    /**
     * The text of a type, which must be there.
     *
     * @param type a UTF-8 type
     * @return the (first) text
     * @throws BadMessageException when the message has none
     */
    public String text(TlvType type) {
        return optionalText(type).orElseThrow(() -> missing(type));
    }

    /**
     * The text of a type, if it is there.
     *
     * @param type a UTF-8 type
     * @return the (first) text
     */
    public Optional<String> optionalText(TlvType type) {
        return texts(type).stream().findFirst();
    }

    /**
     * All texts of a type.
     *
     * @param type a UTF-8 type
     * @return the texts in message order, none at all being an empty list
     */
    public List<String> texts(TlvType type) {
        checkKind(type, false);
        return tlvs.stream().filter(tlv -> tlv.type() == type).map(tlv -> ((Tlv.Text) tlv).value()).toList();
    }

    /**
     * Who asks.
     *
     * @return the role
     * @throws BadMessageException unless the first value is a known ROLE
     */
    public Role role() {
        int code = integerAt(0, TlvType.ROLE);
        return known(Role.of(code), TlvType.ROLE, code);
    }

    /**
     * What is asked.
     *
     * @return the request
     * @throws BadMessageException unless the second value is a known REQUEST
     */
    public Request request() {
        int code = integerAt(1, TlvType.REQUEST);
        return known(Request.of(code), TlvType.REQUEST, code);
    }

    /**
     * How a request went.
     *
     * @return the status
     * @throws BadMessageException unless the first value is a known STATUS
     */
    public StatusCode status() {
        int code = integerAt(0, TlvType.STATUS);
        return known(StatusCode.of(code), TlvType.STATUS, code);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ControlMessage message && tlvs.equals(message.tlvs);
    }

    @Override
    public int hashCode() {
        return tlvs.hashCode();
    }

    /** {@return the values on one line; long texts are cut} */
    @Override
    public String toString() {
        return tlvs.stream().map(Tlv::toString).collect(Collectors.joining(" ", "[", "]"));
    }

    private Optional<Tlv> find(TlvType type) {
        return tlvs.stream().filter(tlv -> tlv.type() == type).findFirst();
    }

    private int integerAt(int place, TlvType type) {
        if (place >= tlvs.size() || tlvs.get(place).type() != type) {
            String found = place >= tlvs.size() ? "none" : tlvs.get(place).type().name();
            throw new BadMessageException("TLV " + place + " of the message must be " + type + ": type=" + found);
        }
        return integer(type);
    }

    private static <T> T known(T value, TlvType type, int code) {
        if (value == null) {
            throw new BadMessageException("value is not one that the protocol knows: " + type + "=" + code);
        }
        return value;
    }

    private static BadMessageException missing(TlvType type) {
        return new BadMessageException("message must have a TLV that it lacks: type=" + type);
    }

    private static void checkKind(TlvType type, boolean number) {
        if (Tlv.isNumber(type) != number) {
            throw new IllegalArgumentException(
                    "type must hold a " + (number ? "number" : "text") + ": type=" + type);
        }
    }

    /** Collects the values of a message. For one thread; what breaks a rule is the caller's IllegalArgumentException. */
    public static final class Builder {
        private final List<Tlv> tlvs = new ArrayList<>();

        private Builder() {
        }

        /**
         * Adds a number.
         *
         * @param type  a u32 type that the message does not have yet
         * @param value 0 to {@link Integer#MAX_VALUE}
         * @return this builder
         */
        public Builder addInt(TlvType type, int value) {
            checkKind(type, true);
            if (value < 0) {
                throw new IllegalArgumentException("value must not be negative: " + type + "=" + value);
            }
            return add(new Tlv.U32(type, value));
        }

        /**
         * Adds a text.
         *
         * @param type  a UTF-8 type; only {@link TlvType#LINK} may be added repeatedly
         * @param value text without control characters, at most {@link TlvType#maxBytes()} bytes in UTF-8
         * @return this builder
         */
        public Builder addText(TlvType type, String value) {
            checkKind(type, false);
            Objects.requireNonNull(value, type.name());
            int bytes = value.getBytes(StandardCharsets.UTF_8).length;
            if (bytes > type.maxBytes()) {
                throw new IllegalArgumentException(
                        type + " must have at most " + type.maxBytes() + " bytes: bytes=" + bytes);
            }
            String fault = TextRules.fault(value);
            if (fault != null) {
                throw new IllegalArgumentException(type + " " + fault);
            }
            return add(new Tlv.Text(type, value));
        }

        /**
         * The message.
         *
         * @return an immutable message of the values added so far
         * @throws IllegalArgumentException when it would be longer than {@link ControlProtocol#MAX_LENGTH}
         */
        public ControlMessage build() {
            int length = ControlCodec.bodyBytes(tlvs);
            if (length > ControlProtocol.MAX_LENGTH) {
                throw new IllegalArgumentException("message must have at most " + ControlProtocol.MAX_LENGTH
                        + " bytes of TLVs: length=" + length);
            }
            return new ControlMessage(tlvs);
        }

        private Builder add(Tlv tlv) {
            if (tlvs.size() == ControlProtocol.MAX_TLVS) {
                throw new IllegalArgumentException("message must have at most " + ControlProtocol.MAX_TLVS + " TLVs");
            }
            if (!Tlv.isRepeatable(tlv.type()) && tlvs.stream().anyMatch(other -> other.type() == tlv.type())) {
                throw new IllegalArgumentException("only LINK may be repeated in a message: type=" + tlv.type());
            }
            tlvs.add(tlv);
            return this;
        }
    }
}
