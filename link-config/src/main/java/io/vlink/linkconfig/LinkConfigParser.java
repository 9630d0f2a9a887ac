// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.linkconfig;

import io.vlink.spec.pci.Limits;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;

/**
 * Parses one {@code link.config}:
 *
 * <pre>
 * file    = [BOM] { line }                      UTF-8, lines end with LF or CR LF
 * line    = [ link ] [ "#" comment ]
 * link    = name mac channels { key "=" value } separated by spaces and tabs
 * </pre>
 *
 * It goes on after a problem, so that one run shows all of them. One object for one file and one thread.
 */
final class LinkConfigParser {
    private static final int MANDATORY_FIELDS = 3;
    private static final String EXAMPLE_CHANNELS = "3";
    private static final List<String> FIELD_NAMES = List.of("name", "MAC address", "number of channels");
    // No number here has more digits; longer ones are too large, whatever they are.
    private static final int MAX_DIGITS = 9;

    private final String file;
    private final List<Problem> problems = new ArrayList<>();
    private final List<LinkDefinition> links = new ArrayList<>();
    private final Map<String, Integer> lineOfName = new HashMap<>();
    private final Map<MacAddress, Integer> lineOfMac = new HashMap<>();
    private int line;
    private int linkLines;
    private int channelSum;

    /** A run of characters without white space, and where it starts. */
    private record Field(String text, int column) {
        int end() {
            return column + text.codePointCount(0, text.length());
        }
    }

    LinkConfigParser(String file) {
        this.file = file;
    }

    LinkConfig parse(byte[] utf8) {
        int start = hasByteOrderMark(utf8) ? 3 : 0;
        while (start < utf8.length) {
            int end = endOfLine(utf8, start);
            line++;
            String text = decode(utf8, start, end);
            if (text != null) {
                parseLine(text);
            }
            start = end + 1;
        }
        if (linkLines == 0 && problems.isEmpty()) {
            line = 1;
            problem(1, "no link at all; right would be a line like \"tap123 52:54:00:12:34:56 3\"");
        }
        if (!problems.isEmpty()) {
            problems.sort(Problem.IN_FILE_ORDER);
            throw new LinkConfigException(problems);
        }
        return new LinkConfig(links);
    }

    private void parseLine(String text) {
        List<Field> fields = fields(text);
        if (fields.isEmpty()) {
            return;
        }
        countLink(fields.get(0));
        String name = parseName(fields.get(0));
        MacAddress mac = fields.size() > 1 ? parseMac(fields.get(1)) : null;
        Integer channels = fields.size() > 2 ? parseChannels(fields.get(2)) : null;
        if (fields.size() < MANDATORY_FIELDS) {
            problem(fields.get(fields.size() - 1).end(), "line lacks its " + FIELD_NAMES.get(fields.size())
                    + "; right would be <name> <mac> <channels>, like \"tap123 52:54:00:12:34:56 3\"");
            return;
        }
        Map<LinkOption, Integer> options = parseOptions(fields.subList(MANDATORY_FIELDS, fields.size()));
        if (name != null && mac != null && channels != null && options != null) {
            links.add(new LinkDefinition(name, mac, channels, options.get(LinkOption.QUEUE_SIZE),
                    options.get(LinkOption.MTU)));
        }
    }

    private void countLink(Field name) {
        linkLines++;
        if (linkLines == Limits.MAX_LINKS + 1) {
            problem(name.column(), "a domain has at most " + Limits.MAX_LINKS
                    + " links; right would be to move this one and those after it to another domain");
        }
    }

    private String parseName(Field field) {
        NameRules.Fault fault = NameRules.fault("link name", field.text());
        if (fault != null) {
            problem(field.column() + fault.at(), fault.message());
            return null;
        }
        Integer first = lineOfName.putIfAbsent(field.text(), line);
        if (first != null) {
            problem(field.column(), "link name must be unique: " + field.text() + " is also on line " + first
                    + "; right would be another name");
        }
        return field.text();
    }

    private MacAddress parseMac(Field field) {
        MacAddress mac = orProblem(field.column(), () -> MacAddress.parse(field.text()));
        Integer first = mac == null ? null : lineOfMac.putIfAbsent(mac, line);
        if (first != null) {
            problem(field.column(), "MAC address must be unique: " + mac + " is also on line " + first
                    + "; right would be another address");
        }
        return mac;
    }

    private Integer parseChannels(Field field) {
        Integer channels = orProblem(field.column(),
                () -> number("channels", field.text(), LinkDefinition::checkChannels, EXAMPLE_CHANNELS));
        if (channels == null) {
            return null;
        }
        boolean fitted = channelSum <= Limits.MAX_CHANNELS_PER_DOMAIN;
        channelSum += channels;
        if (fitted && channelSum > Limits.MAX_CHANNELS_PER_DOMAIN) {
            problem(field.column(), "a domain has at most " + Limits.MAX_CHANNELS_PER_DOMAIN
                    + " channels: channels up to this line=" + channelSum
                    + "; right would be fewer channels here or on the lines before");
        }
        return channels;
    }

    // Every option's value, or null after a problem with any of them.
    private Map<LinkOption, Integer> parseOptions(List<Field> fields) {
        int problemsBefore = problems.size();
        Map<LinkOption, Integer> values = new EnumMap<>(LinkOption.class);
        int largestPacketColumn = 1;
        for (Field field : fields) {
            int equals = field.text().indexOf('=');
            String key = equals < 0 ? field.text() : field.text().substring(0, equals);
            LinkOption option = LinkOption.of(key);
            if (equals < 0) {
                problem(field.column(), "option must be key=value, without spaces: option=" + Shown.quoted(key)
                        + "; right would be queue_size=1024");
            } else if (option == null) {
                problem(field.column(), "option key must be known: key=" + Shown.quoted(key)
                        + "; right would be one of " + LinkOption.keys());
            } else if (values.containsKey(option)) {
                problem(field.column(), "option must not be repeated: key=" + key + "; right would be to keep one");
            } else {
                int column = field.column() + equals + 1;
                String value = field.text().substring(equals + 1);
                values.put(option, orProblem(column, () -> number(key, value, option::check, option.example())));
                largestPacketColumn = column;
            }
        }
        for (LinkOption option : LinkOption.values()) {
            values.putIfAbsent(option, option.unsaid());
        }
        if (problems.size() == problemsBefore) {
            orProblem(largestPacketColumn, () -> LinkDefinition.checkLargestPacket(values.get(LinkOption.QUEUE_SIZE),
                    values.get(LinkOption.MTU)));
        }
        return problems.size() == problemsBefore ? values : null;
    }

    private static int number(String name, String text, IntUnaryOperator check, String example) {
        try {
            return check.applyAsInt(number(name, text));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(e.getMessage() + "; right would be " + example, e);
        }
    }

    private static int number(String name, String text) {
        if (text.isEmpty() || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException(name + " must be a whole number in decimal digits: " + name + "="
                    + Shown.quoted(text));
        }
        if (text.length() > MAX_DIGITS) {
            throw new IllegalArgumentException(name + " is far too large: " + name + "=" + Shown.quoted(text));
        }
        return Integer.parseInt(text);
    }

    private <T> T orProblem(int column, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            problem(column, e.getMessage());
            return null;
        }
    }

    private static List<Field> fields(String text) {
        List<Field> fields = new ArrayList<>();
        int[] characters = text.codePoints().takeWhile(c -> c != '#').toArray();
        int start = 0;
        for (int i = 0; i <= characters.length; i++) {
            if (i == characters.length || characters[i] == ' ' || characters[i] == '\t') {
                if (i > start) {
                    fields.add(new Field(new String(characters, start, i - start), start + 1));
                }
                start = i + 1;
            }
        }
        return fields;
    }

    // The line as text, or null after a problem.
    private String decode(byte[] utf8, int start, int end) {
        boolean carriageReturn = end > start && utf8[end - 1] == '\r';
        ByteBuffer in = ByteBuffer.wrap(utf8, start, end - start - (carriageReturn ? 1 : 0));
        CharBuffer out = CharBuffer.allocate(in.remaining());
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        CoderResult result = decoder.decode(in, out, true);
        String text = out.flip().toString();
        if (result.isError()) {
            problem(text.codePointCount(0, text.length()) + 1, "file must be UTF-8: byte 0x"
                    + String.format(Locale.ROOT, "%02x", utf8[in.position()]) + " at offset " + in.position()
                    + "; right would be to save it as UTF-8");
            return null;
        }
        return text;
    }

    private static int endOfLine(byte[] utf8, int start) {
        int end = start;
        while (end < utf8.length && utf8[end] != '\n') {
            end++;
        }
        return end;
    }

    private static boolean hasByteOrderMark(byte[] utf8) {
        return utf8.length >= 3 && utf8[0] == (byte) 0xef && utf8[1] == (byte) 0xbb && utf8[2] == (byte) 0xbf;
    }

    private void problem(int column, String message) {
        problems.add(new Problem(file, line, column, message));
    }
}
