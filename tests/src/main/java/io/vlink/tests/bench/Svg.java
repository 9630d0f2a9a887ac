// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.Locale;

/** A drawing that a browser shows: text is escaped, coordinates are pixels from the upper left corner. One thread. */
final class Svg {
    /** Colour of text and axes. */
    static final String INK = "#1f2937";
    /** Colour of what should not catch the eye. */
    static final String FAINT = "#6b7280";

    private final StringBuilder body = new StringBuilder();
    private final int width;
    private final int height;

    /** Where a text begins, ends or has its middle. */
    enum Anchor {
        START, MIDDLE, END;

        private String value() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    Svg(int width, int height) {
        this.width = width;
        this.height = height;
    }

    void text(double x, double y, int size, String colour, Anchor anchor, String text) {
        body.append(String.format(Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%d\" fill=\"%s\" text-anchor=\"%s\">%s</text>%n",
                x, y, size, colour, anchor.value(), escaped(text)));
    }

    void bar(double x, double y, double barWidth, double barHeight, String colour) {
        body.append(String.format(Locale.ROOT,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"2\" fill=\"%s\"/>%n", x, y,
                Math.max(barWidth, 1), barHeight, colour));
    }

    void dot(double x, double y, double radius, String fill, String edge) {
        body.append(String.format(Locale.ROOT,
                "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\" stroke=\"%s\" fill-opacity=\"0.75\"/>%n",
                x, y, radius, fill, edge));
    }

    void line(double x1, double y1, double x2, double y2, String colour, double thickness, boolean dashed) {
        body.append(String.format(Locale.ROOT,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"%.1f\"%s/>%n", x1,
                y1, x2,
                y2, colour, thickness, dashed ? " stroke-dasharray=\"5 4\"" : ""));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
                        + " font-family=\"system-ui, 'Segoe UI', Helvetica, Arial, sans-serif\">%n"
                        + "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>%n%s</svg>%n",
                width, height, width, height, body);
    }
}
