// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.log;

import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Takes an event apart: {@code event=domain_gone vm_domain={} error=free text to the end}. It looks at the text before
 * arguments are put in, so that these may have spaces, and none can pass for a field. Values in the text itself are without
 * spaces, except quoted ones and that of {@code error}, which is last.
 */
final class EventFields {
    private static final String EVENT = "event=";
    private static final String REST_OF_LINE = "error";
    private static final String PLACE = "{}";

    private EventFields() {
    }

    /**
     * The fields of a message.
     *
     * @param line      a log message, with {@value #PLACE} where arguments belong
     * @param arguments of the message, in order; null for none
     * @return names and values in order; the whole line as {@code message} if it is no event
     */
    static Map<String, String> parse(String line, Object... arguments) {
        Iterator<Object> left = Arrays.asList(arguments == null ? new Object[0] : arguments).iterator();
        Map<String, String> fields = new LinkedHashMap<>();
        if (line.startsWith(EVENT)) {
            split(line, fields);
        } else {
            fields.put("message", line);
        }
        fields.replaceAll((name, value) -> unquoted(filled(value, left)));
        return fields;
    }

    private static String filled(String value, Iterator<Object> arguments) {
        StringBuilder text = new StringBuilder();
        int at = 0;
        for (int place = value.indexOf(PLACE); place >= 0 && arguments.hasNext(); place = value.indexOf(PLACE, at)) {
            text.append(value, at, place).append(arguments.next());
            at = place + PLACE.length();
        }
        return text.append(value.substring(at)).toString();
    }

    private static void split(String line, Map<String, String> fields) {
        int at = 0;
        while (at < line.length()) {
            int equals = line.indexOf('=', at);
            if (equals < 0 || line.substring(at, equals).indexOf(' ') >= 0) {
                fields.merge("message", line.substring(at), (first, more) -> first + ' ' + more);
                break;
            }
            String name = line.substring(at, equals);
            int end = endOfValue(line, name, equals + 1);
            fields.put(name, line.substring(equals + 1, end));
            at = end;
            while (at < line.length() && line.charAt(at) == ' ') {
                at++;
            }
        }
    }

    private static int endOfValue(String line, String name, int start) {
        if (name.equals(REST_OF_LINE)) {
            return line.length();
        }
        boolean quoted = start < line.length() && line.charAt(start) == '"';
        int end = quoted ? line.indexOf('"', start + 1) + 1 : line.indexOf(' ', start);
        return end <= 0 ? line.length() : end;
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1) : value;
    }

    /**
     * Makes a message one line, so that what a peer sent can never look like a line of ours.
     *
     * @param message any text
     * @return the text without control characters
     */
    static String oneLine(String message) {
        StringBuilder line = new StringBuilder(message.length());
        message.codePoints().forEach(c -> line.appendCodePoint(Character.isISOControl(c) ? ' ' : c));
        return line.toString();
    }
}
