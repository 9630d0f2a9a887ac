// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.linkconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class LinkConfigTest {
    private static final Path SAMPLE = Path.of("..", "docs", "examples", "link.config");

    @Nested
    class OneBadLine {
        @ParameterizedTest(name = "{0}")
        @CsvSource(delimiter = '|', textBlock = """
                tap1                                            | 1:5  | line lacks its MAC address
                tap1 52:54:00:00:00:01                          | 1:23 | line lacks its number of channels
                -tap 52:54:00:00:00:01 3                        | 1:1  | link name must start with a letter or a digit: link name="-tap"
                ta/p 52:54:00:00:00:01 3                        | 1:3  | link name="ta/p", odd character "/"
                tapé 52:54:00:00:00:01 3                        | 1:4  | odd character "é"
                tap1 52:54:00:00:00 3                           | 1:6  | mac="52:54:00:00:00"; right would be 52:54:00:12:34:56
                tap1 52-54-00-00-00-01 3                        | 1:6  | six pairs of hexadecimal digits
                tap1 52:54:00:00:00:0g 3                        | 1:6  | six pairs of hexadecimal digits
                tap1 52:54:00:00:00:0١ 3                        | 1:6  | six pairs of hexadecimal digits
                tap1 53:54:00:00:00:01 3                        | 1:6  | must be unicast, its first byte even: mac=53:54:00:00:00:01; unicast would be 52:54:00:00:00:01
                tap1 ff:ff:ff:ff:ff:ff 3                        | 1:6  | must be unicast
                tap1 00:00:00:00:00:00 3                        | 1:6  | must not be all zero
                tap1 52:54:00:00:00:01 1                        | 1:24 | channels must be 2 to 16, the control channel included: channels=1; right would be 3
                tap1 52:54:00:00:00:01 17                       | 1:24 | channels=17
                tap1 52:54:00:00:00:01 -3                       | 1:24 | channels must be a whole number in decimal digits: channels="-3"
                tap1 52:54:00:00:00:01 three                    | 1:24 | channels="three"
                tap1 52:54:00:00:00:01 ٣                        | 1:24 | whole number in decimal digits
                tap1 52:54:00:00:00:01 0x3                      | 1:24 | channels="0x3"
                tap1 52:54:00:00:00:01 99999999999999999999     | 1:24 | channels is far too large
                tap1 52:54:00:00:00:01 3 fast                   | 1:26 | option must be key=value, without spaces: option="fast"
                tap1 52:54:00:00:00:01 3 speed=9                | 1:26 | key="speed"; right would be one of queue_size, mtu
                tap1 52:54:00:00:00:01 3 mtu=                   | 1:30 | mtu must be a whole number in decimal digits: mtu=""; right would be 9000
                tap1 52:54:00:00:00:01 3 mtu=67                 | 1:30 | mtu must be 68 to 65521 bytes: mtu=67; right would be 9000
                tap1 52:54:00:00:00:01 3 mtu=65522              | 1:30 | mtu must be 68 to 65521 bytes: mtu=65522
                tap1 52:54:00:00:00:01 3 mtu=1500 mtu=1500      | 1:35 | option must not be repeated: key=mtu
                tap1 52:54:00:00:00:01 3 mtu=9000 queue_size=8  | 1:46 | two of the largest packets, 5 descriptors each: queue_size=8 mtu=9000; right would be queue_size=16 or more, or mtu=8178 or less
                tap1 52:54:00:00:00:01 3 queue_size=32 mtu=65521 | 1:44 | queue_size=32 mtu=65521; right would be queue_size=64 or more, or mtu=32754 or less
                tap1 52:54:00:00:00:01 3 Queue_size=8           | 1:26 | option key must be known
                tap1 52:54:00:00:00:01 3 queue_size=            | 1:37 | queue_size=""; right would be 1024
                tap1 52:54:00:00:00:01 3 queue_size=1000        | 1:37 | queue_size must be a power of two from 8 to 16384: queue_size=1000; right would be 1024
                tap1 52:54:00:00:00:01 3 queue_size=4           | 1:37 | queue_size=4
                tap1 52:54:00:00:00:01 3 queue_size=32768       | 1:37 | queue_size=32768
                tap1 52:54:00:00:00:01 3 queue_size=4294967296  | 1:37 | queue_size is far too large
                tap1 52:54:00:00:00:01 3 queue_size=8 queue_size=8 | 1:39 | option must not be repeated: key=queue_size
                tap1 52:54:00:00:00:01 3 queue_size = 8         | 1:26 | option="queue_size"
                """)
        void isToldWithItsColumn(String line, String position, String expected) {
            List<Problem> problems = problemsOf(line);

            assertThat(problems.getFirst().toString()).startsWith("f:" + position + ": ").contains(expected);
            assertThat(problems).allSatisfy(problem -> assertThat(problem.message()).doesNotContain("\n"));
        }

        @Test
        void countsColumnsInCharactersNotBytes() {
            assertThat(problemsOf("\t😀é 52:54:00:00:00:01 1")).extracting(Problem::column).containsExactly(2, 23);
        }

        @Test
        void tellsNamesThatAreOneByteTooLong() {
            String name = "x".repeat(64);

            assertThat(problemsOf(name + " 52:54:00:00:00:01 3")).extracting(Problem::column, Problem::message)
                    .containsExactly(tuple(64,
                            "link name must have at most 63 bytes: bytes=64 link name=\"" + name + "\""));
            assertThat(parse(name.substring(1) + " 52:54:00:00:00:01 3").links()).hasSize(1);
        }

        @Test
        void neverPutsControlCharactersOnTheTerminal() {
            assertThat(messageOf("\u001b[31mtap 52:54:00:00:00:01\u2028 3")).doesNotContain("\u001b", "\u2028")
                    .contains("U+001B", "U+2028");
        }
    }

    @Nested
    class WholeFile {
        @Test
        void reportsAllProblemsTogetherInFileOrder() {
            assertThat(messageOf("""
                    # links
                    tap1 52:54:00:00:00:01 1 mtu=1
                    tap2 53:54:00:00:00:02 3

                    tap2 52:54:00:00:00:01 3 # both again
                    /    x                 y
                    """).lines()).extracting(line -> line.substring(0, line.indexOf(": "))).containsExactly("f:2:24",
                    "f:2:30", "f:3:6", "f:5:1", "f:5:6", "f:6:1", "f:6:6", "f:6:24");
        }

        @Test
        void saysWhereTheFirstOfADuplicateIs() {
            assertThat(messageOf("tap1 52:54:00:00:00:aa 3\ntap1 52:54:00:00:00:AA 3")).isEqualTo(
                    """
                            f:2:1: link name must be unique: tap1 is also on line 1; right would be another name
                            f:2:6: MAC address must be unique: 52:54:00:00:00:aa is also on line 1; right would be another address""");
        }

        @Test
        void refusesTheSeventeenthLinkOnce() {
            assertThat(parse(links(16, 2)).links()).hasSize(16);
            assertThat(problemsOf(links(18, 2))).extracting(Problem::line, Problem::message).containsExactly(
                    tuple(17, "a domain has at most 16 links; "
                            + "right would be to move this one and those after it to another domain"));
        }

        @Test
        void refusesTheSixtyFifthChannelOnce() {
            assertThat(parse(links(4, 16)).channels()).isEqualTo(64);
            assertThat(problemsOf(links(4, 16) + links(6, 2).lines().skip(4).reduce("", (a, b) -> a + b + "\n")))
                    .extracting(Problem::line, Problem::message).containsExactly(tuple(5,
                            "a domain has at most 64 channels: channels up to this line=66; "
                                    + "right would be fewer channels here or on the lines before"));
        }

        @ParameterizedTest
        @MethodSource("io.vlink.linkconfig.LinkConfigTest#filesWithoutLinks")
        void refusesFilesWithoutAnyLink(String content) {
            assertThat(messageOf(content)).startsWith("f:1:1: no link at all; right would be");
        }

        @Test
        void tellsWhereItIsNotUtf8AndGoesOn() {
            byte[] latin1 = "tap1 52:54:00:00:00:01 3\n# caf\u00e9\ntap2 52:54:00:00:00:02 1\n"
                    .getBytes(StandardCharsets.ISO_8859_1);

            assertThat(problemsOf(latin1)).extracting(Problem::toString).containsExactly(
                    "f:2:6: file must be UTF-8: byte 0xe9 at offset 30; right would be to save it as UTF-8",
                    "f:3:24: channels must be 2 to 16, the control channel included: channels=1; right would be 3");
        }

        @Test
        void refusesFilesAbove64KiB() {
            String link = "tap1 52:54:00:00:00:01 3\n";
            String full = link + "#".repeat(65_536 - link.length());

            assertThat(parse(full).links()).hasSize(1);
            assertThat(messageOf(full + "#")).startsWith("f:1:1: file must have at most 65536 bytes");
        }

        @Test
        void throwsNothingElseForRandomBytes() {
            Random random = new Random(20260101);
            byte[] good = "tap1 52:54:00:00:00:01 3 queue_size=8 # é\r\ntap2 52:54:00:00:00:02 16\n"
                    .getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < 20_000; i++) {
                byte[] mutant = good.clone();
                for (int changes = random.nextInt(4); changes >= 0; changes--) {
                    mutant[random.nextInt(mutant.length)] = (byte) random.nextInt(256);
                }
                try {
                    LinkConfig config = LinkConfig.parse("f", mutant);
                    assertThat(LinkConfig.parseLines("f", config.toLines())).isEqualTo(config);
                } catch (LinkConfigException e) {
                    assertThat(e.problems()).isNotEmpty();
                }
            }
        }
    }

    @Nested
    class Accepts {
        @Test
        void theSampleThatTheReadmeShows() {
            LinkConfig config = LinkConfig.parse(SAMPLE);

            assertThat(config.toLines()).containsExactly("tap123 52:54:00:76:6c:01 3 queue_size=1024 mtu=1500",
                    "tap456 52:54:00:76:6c:02 3 queue_size=1024 mtu=1500");
            assertThat(config.links()).allMatch(link -> link.dataChannels() == 2);
        }

        @Test
        void tabsSpacesCommentsByteOrderMarkAndCarriageReturns() {
            LinkConfig config = parse("\ufeff# first\r\n\r\n \t tap.1_-\t52:54:00:00:00:aB \t 16\tqueue_size=8 # x\r\n"
                    + "2 02:00:00:00:00:01 2#no space, no line end");

            assertThat(config.toLines()).containsExactly("tap.1_- 52:54:00:00:00:ab 16 queue_size=8 mtu=1500",
                    "2 02:00:00:00:00:01 2 queue_size=1024 mtu=1500");
            assertThat(config.links().getFirst().mac().toBytes()).containsExactly(0x52, 0x54, 0, 0, 0, 0xab);
        }

        @Test
        void theLargestMtuThatAQueueHasRoomFor() {
            assertThat(
                    parse("a 52:54:00:00:00:01 2 queue_size=8 mtu=8178\nb 52:54:00:00:00:02 2 mtu=65521 queue_size=64\n"
                            + "c 52:54:00:00:00:03 2 mtu=68").toLines())
                    .containsExactly(
                            "a 52:54:00:00:00:01 2 queue_size=8 mtu=8178",
                            "b 52:54:00:00:00:02 2 queue_size=64 mtu=65521",
                            "c 52:54:00:00:00:03 2 queue_size=1024 mtu=68");
        }

        @Test
        void itsOwnLinesAgain() {
            LinkConfig config = parse(links(4, 16));

            assertThat(LinkConfig.parseLines("lines", config.toLines())).isEqualTo(config);
        }
    }

    @Nested
    class Unreadable {
        @TempDir
        Path folder;

        @Test
        void saysThatAFileIsMissing() {
            Path path = folder.resolve("link.config");

            assertThat(messageOf(path)).startsWith(path + ":1:1: no such file; create it");
        }

        @Test
        void saysThatItIsADirectory() {
            assertThat(messageOf(folder)).startsWith(folder + ":1:1: is a directory");
        }

        @Test
        void saysThatItIsTooLargeWithoutReadingAllOfIt() throws IOException {
            Path path = Files.write(folder.resolve("big"), new byte[1 << 20]);

            assertThat(messageOf(path)).startsWith(path + ":1:1: file must have at most 65536 bytes");
        }

        private static String messageOf(Path path) {
            return catchThrowableOfType(LinkConfigException.class, () -> LinkConfig.parse(path)).getMessage();
        }
    }

    static List<String> filesWithoutLinks() {
        return List.of("", "\n\n", "# only a comment", " \t\r\n", "\ufeff");
    }

    private static String links(int count, int channels) {
        List<String> lines = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            lines.add("tap%d 52:54:00:00:00:%02x %d%n".formatted(i, i, channels));
        }
        return String.join("", lines);
    }

    private static LinkConfig parse(String content) {
        return LinkConfig.parse("f", content.getBytes(StandardCharsets.UTF_8));
    }

    private static List<Problem> problemsOf(String content) {
        return problemsOf(content.getBytes(StandardCharsets.UTF_8));
    }

    private static List<Problem> problemsOf(byte[] content) {
        return catchThrowableOfType(LinkConfigException.class, () -> LinkConfig.parse("f", content)).problems();
    }

    private static String messageOf(String content) {
        return catchThrowableOfType(LinkConfigException.class,
                () -> LinkConfig.parse("f", content.getBytes(StandardCharsets.UTF_8))).getMessage();
    }
}
