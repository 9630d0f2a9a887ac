// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.control;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** What a text in a message may hold: well-formed UTF-8 without control characters, so that it can be logged as it is. */
final class TextRules {
    private TextRules() {
    }

    /**
     * What is wrong with a text.
     *
     * @param text any text
     * @return rule and {@code name=value}, or null when nothing is
     */
    static String fault(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c)) {
                return "must not have control characters: character=" + String.format("U+%04X", (int) c) + " at=" + i;
            }
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                return "must be well-formed: lone surrogate at=" + i;
            }
        }
        return null;
    }

    /**
     * The text of some bytes.
     *
     * @param utf8 bytes
     * @param name what they are, for the message
     * @return the text, without faults
     * @throws BadMessageException when the bytes are not UTF-8 or the text has a fault
     */
    static String decode(byte[] utf8, String name) {
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
        } catch (CharacterCodingException e) {
            throw new BadMessageException(name + " must be UTF-8: bytes=" + utf8.length, e);
        }
        String fault = fault(text);
        if (fault != null) {
            throw new BadMessageException(name + " " + fault);
        }
        return text;
    }

    /**
     * A text that has no faults and fits.
     *
     * @param text     any text; null counts as empty
     * @param maxBytes longest result in bytes of UTF-8
     * @return the text with each fault replaced by a space, cut at a whole character
     */
    static String oneLine(String text, int maxBytes) {
        StringBuilder line = new StringBuilder();
        int bytes = 0;
        for (int codePoint : (text == null ? "" : text).codePoints().toArray()) {
            boolean faulty = Character.isISOControl(codePoint) || Character.getType(codePoint) == Character.SURROGATE;
            String character = faulty ? " " : Character.toString(codePoint);
            bytes += character.getBytes(StandardCharsets.UTF_8).length;
            if (bytes > maxBytes) {
                break;
            }
            line.append(character);
        }
        return line.toString();
    }
}
