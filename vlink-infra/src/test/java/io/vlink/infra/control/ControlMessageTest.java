// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.spec.control.Request;
import io.vlink.spec.control.Role;
import io.vlink.spec.control.StatusCode;
import io.vlink.spec.control.TlvType;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ControlMessageTest {
    private static final ControlMessage REGISTER = ControlMessage.request(Role.QEMU, Request.REGISTER_DOMAIN)
            .addText(TlvType.VM_DOMAIN, "testvm1")
            .addText(TlvType.LINK, "tap123 52:54:00:00:00:01 3").addText(TlvType.LINK, "tapé 52:54:00:00:00:02 3")
            .addInt(TlvType.BAR, 32).build();

    @Nested
    class Decode {
        // One broken rule a row; written by hand from SPEC.md, not with the encoder.
        @ParameterizedTest(name = "{0}")
        @CsvSource(delimiter = '|', textBlock = """
                no bytes at all             |                                              | shorter than its header: bytes=0
                half a header               | 01 00 00 00                                  | shorter than its header: bytes=4
                version 2                   | 02 00 0000 00000000                          | version=2
                reserved byte set           | 01 07 0000 00000000                          | reserved=7
                65 TLVs                     | 01 00 4100 00000000                          | count=65
                4 GiB - 1 of TLVs           | 01 00 0000 ffffffff                          | length=4294967295
                4 MiB + 1 of TLVs           | 01 00 0000 01004000                          | length=4194305
                body shorter than it says   | 01 00 0100 0c000000 0100 0000 04000000        | length=12 body=8
                body longer than it says    | 01 00 0000 00000000 00                        | length=0 body=1
                TLV header cut short        | 01 00 0100 04000000 0100 0000                 | ends before its header does: left=4
                more TLVs than bytes        | 01 00 0200 0c000000 0100 0000 04000000 01000000 | TLV 1 ends before its header does: left=0
                fewer TLVs than bytes       | 01 00 0000 0c000000 0100 0000 04000000 01000000 | bytes follow the last TLV: bytes=12
                type 0                      | 01 00 0100 08000000 0000 0000 00000000        | type=0
                type 99                     | 01 00 0100 08000000 6300 0000 00000000        | type=99
                reserved field of TLV set   | 01 00 0100 0c000000 0100 0100 04000000 01000000 | reserved=1
                u32 of 3 bytes              | 01 00 0100 0b000000 0100 0000 03000000 010000   | ROLE must have 4 bytes: length=3
                u32 of 5 bytes              | 01 00 0100 0d000000 0100 0000 05000000 0100000000 | at most 4 bytes: length=5
                u32 above 2^31 - 1          | 01 00 0100 0c000000 0100 0000 04000000 00000080 | ROLE=2147483648
                value ends after message    | 01 00 0100 09000000 0500 0000 02000000 61     | length=2
                value of 4 GiB - 1          | 01 00 0100 09000000 0d00 0000 ffffffff 61     | length=4294967295
                not UTF-8                   | 01 00 0100 0a000000 0500 0000 02000000 c328   | VM_DOMAIN must be UTF-8
                overlong UTF-8              | 01 00 0100 0a000000 0500 0000 02000000 c080   | VM_DOMAIN must be UTF-8
                a surrogate in UTF-8        | 01 00 0100 0b000000 0500 0000 03000000 eda080 | VM_DOMAIN must be UTF-8
                a zero in a text            | 01 00 0100 0a000000 0500 0000 02000000 6100   | character=U+0000 at=1
                a line feed in a text       | 01 00 0100 09000000 0500 0000 01000000 0a     | character=U+000A at=0
                ROLE twice                  | 01 00 0200 18000000 0100 0000 04000000 01000000 0100 0000 04000000 01000000 | only LINK may be repeated in a message: type=1
                """)
        void rejects(String what, String hex, String expected) {
            byte[] bytes = bytes(hex == null ? "" : hex);

            assertThatThrownBy(() -> ControlMessage.decode(bytes)).as(what).isInstanceOf(BadMessageException.class)
                    .hasMessageContaining(expected).hasMessageNotContaining("\n");
        }

        @Test
        void rejectsNamesThatAreOneByteTooLong() {
            byte[] bytes = bytes("01 00 0100 48000000 0500 0000 40000000" + "61".repeat(64));

            assertThatThrownBy(() -> ControlMessage.decode(bytes)).isInstanceOf(BadMessageException.class)
                    .hasMessage("TLV 0: VM_DOMAIN must have at most 63 bytes: length=64");
        }

        @Test
        void rejectsEveryTruncation() {
            byte[] whole = REGISTER.encode();
            for (int length = 0; length < whole.length; length++) {
                byte[] cut = Arrays.copyOf(whole, length);
                assertThatThrownBy(() -> ControlMessage.decode(cut)).as("%d bytes", length)
                        .isInstanceOf(BadMessageException.class);
            }
        }

        @Test
        void throwsNothingButBadMessageWhenAnyBitFlips() {
            byte[] whole = REGISTER.encode();
            for (int bit = 0; bit < whole.length * 8; bit++) {
                byte[] mutant = whole.clone();
                mutant[bit / 8] ^= (byte) (1 << bit % 8);
                readOrReject(mutant);
            }
        }

        @Test
        void throwsNothingButBadMessageForRandomMutants() {
            Random random = new Random(20260101);
            for (int i = 0; i < 20_000; i++) {
                byte[] mutant = REGISTER.encode();
                for (int changes = random.nextInt(6); changes >= 0; changes--) {
                    mutant[random.nextInt(mutant.length)] = (byte) random.nextInt(256);
                }
                readOrReject(Arrays.copyOf(mutant, 8 + random.nextInt(mutant.length)));
                readOrReject(mutant);
            }
        }

        // What an agent does with a message; nothing but BadMessageException may come out of it.
        private static void readOrReject(byte[] bytes) {
            try {
                ControlMessage message = ControlMessage.decode(bytes);
                assertThat(message.encode()).as("decoding loses nothing").isEqualTo(bytes);
                assertThat(message.toString()).doesNotContain("\n");
                message.role();
                message.request();
                message.text(TlvType.VM_DOMAIN);
                message.integer(TlvType.BAR);
            } catch (BadMessageException e) {
                assertThat(e).hasMessageNotContaining("\n");
            }
        }
    }

    @Nested
    class Read {
        @Test
        void givesBackWhatWasEncoded() {
            ControlMessage decoded = ControlMessage.decode(REGISTER.encode());

            assertThat(decoded).isEqualTo(REGISTER);
            assertThat(decoded.role()).isEqualTo(Role.QEMU);
            assertThat(decoded.request()).isEqualTo(Request.REGISTER_DOMAIN);
            assertThat(decoded.text(TlvType.VM_DOMAIN)).isEqualTo("testvm1");
            assertThat(decoded.texts(TlvType.LINK)).isEqualTo(
                    List.of("tap123 52:54:00:00:00:01 3", "tapé 52:54:00:00:00:02 3"));
            assertThat(decoded.integer(TlvType.BAR)).isEqualTo(32);
            assertThat(decoded.optionalInteger(TlvType.PERSISTENT)).isEmpty();
            assertThat(decoded.optionalText(TlvType.TRUST_GROUP)).isEmpty();
        }

        @Test
        void namesTheTlvThatIsMissing() {
            ControlMessage message = ControlMessage.builder().build();

            assertThatThrownBy(() -> message.text(TlvType.LINK_NAME)).isInstanceOf(BadMessageException.class)
                    .hasMessageContaining("type=LINK_NAME");
            assertThatThrownBy(message::role).isInstanceOf(BadMessageException.class)
                    .hasMessage("TLV 0 of the message must be ROLE: type=none");
            assertThatThrownBy(message::status).isInstanceOf(BadMessageException.class);
        }

        @Test
        void namesNumbersThatTheProtocolDoesNotKnow() {
            ControlMessage message = ControlMessage.builder().addInt(TlvType.ROLE, 77).addInt(TlvType.REQUEST, 0)
                    .build();

            assertThatThrownBy(message::role).isInstanceOf(BadMessageException.class).hasMessageContaining("ROLE=77");
            assertThatThrownBy(message::request).isInstanceOf(BadMessageException.class)
                    .hasMessageContaining("REQUEST=0");
        }
    }

    @Nested
    class Build {
        @Test
        void refusesWhatNoPeerWouldAccept() {
            ControlMessage.Builder builder = ControlMessage.builder().addText(TlvType.VM_DOMAIN, "a");

            assertThatThrownBy(() -> builder.addText(TlvType.VM_DOMAIN, "b")).hasMessageContaining("type=VM_DOMAIN");
            assertThatThrownBy(() -> builder.addText(TlvType.MESSAGE, "two\nlines")).hasMessageContaining("U+000A");
            assertThatThrownBy(() -> builder.addText(TlvType.LINK_NAME, "é".repeat(32)))
                    .hasMessageContaining("bytes=64");
            assertThatThrownBy(() -> builder.addText(TlvType.BAR, "32")).hasMessageContaining("type=BAR");
            assertThatThrownBy(() -> builder.addInt(TlvType.BAR, -1)).hasMessageContaining("BAR=-1");
        }

        @Test
        void makesAnyFailureMessageFit() {
            ControlMessage failure = ControlMessage.failure(StatusCode.FAILED, "a\nb\ud800" + "é".repeat(5_000));

            ControlMessage decoded = ControlMessage.decode(failure.encode());
            assertThat(decoded.status()).isEqualTo(StatusCode.FAILED);
            assertThat(decoded.text(TlvType.MESSAGE)).startsWith("a b é").endsWith("é");
            assertThat(decoded.text(TlvType.MESSAGE).getBytes(StandardCharsets.UTF_8).length).isBetween(4_095, 4_096);
        }

        @Test
        void holdsTheLargestReport() {
            String report = "x".repeat((4 << 20) - 20);
            ControlMessage message = ControlMessage.reply(StatusCode.OK).addText(TlvType.REPORT, report).build();

            assertThat(ControlMessage.decode(message.encode()).text(TlvType.REPORT)).isEqualTo(report);
            ControlMessage.Builder tooLong = ControlMessage.reply(StatusCode.OK).addText(TlvType.REPORT, report + "x");
            assertThatThrownBy(tooLong::build).hasMessageContaining("length=4194305");
        }
    }

    @Nested
    class WireFormat {
        // The bytes of SPEC.md appendix B, by hand: a change here is a change of the protocol.
        private static final String ATTACH = """
                01                                              # version
                00                                              # reserved
                03 00                                           # tlv count
                26 00 00 00                                     # length
                01 00                                           # ROLE=3
                00 00                                           # reserved
                04 00 00 00                                     # length
                03 00 00 00                                     # value
                02 00                                           # REQUEST=4
                00 00                                           # reserved
                04 00 00 00                                     # length
                04 00 00 00                                     # value
                0b 00                                           # LINK_NAME="tap123"
                00 00                                           # reserved
                06 00 00 00                                     # length
                74 61 70 31 32 33                               # value
                """;

        private final ControlMessage attach = ControlMessage.request(Role.DRIVER, Request.ATTACH_LINK)
                .addText(TlvType.LINK_NAME, "tap123").build();

        @Test
        void isDumpedWithANoteBesideEachField() {
            assertThat(attach.dump()).isEqualTo(ATTACH);
        }

        @Test
        void isWhatTheDumpShows() {
            assertThat(attach.encode()).isEqualTo(bytes(ATTACH.replaceAll("#.*", "")));
            assertThat(ControlMessage.decode(bytes(ATTACH.replaceAll("#.*", "")))).isEqualTo(attach);
        }
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
    }
}
