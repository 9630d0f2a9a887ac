// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.linkconfig;

import java.util.Locale;

/** How a value from a file or a peer is shown in a message: quoted, short, on one line, without control characters. */
final class Shown {
    private static final int CODE_POINTS = 70;

    private Shown() {
    }

    static String quoted(String text) {
        StringBuilder shown = new StringBuilder("\"");
        text.codePoints().limit(CODE_POINTS).forEach(codePoint -> shown.append(character(codePoint)));
        return shown.append(text.codePoints().count() > CODE_POINTS ? "…\"" : "\"").toString();
    }

    static String character(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                String.format(Locale.ROOT, "U+%04X", codePoint);
            default -> Character.toString(codePoint);
        };
    }
}
