// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Round trips per second, a bar for the median of each contestant and a dot for each of its runs: a row for each frame size, a
 * column for each window, all on the same scale.
 */
final class EchoChart {
    private static final Map<String, String> COLOURS = Map.of("vlink", "#2563eb", "vhost-user", "#f59e0b", "memif",
            "#14b8a6");
    private static final String OTHER = "#6366f1";
    private static final int WIDTH = 900;
    private static final int LEFT = 112;
    private static final int MARGIN = 24;
    private static final int TOP = 126;
    private static final int BAR = 18;
    private static final int GAP = 22;
    private static final int COLUMN_GAP = 18;
    /** Room for the numbers behind the longest bar. */
    private static final int NUMBERS = 80;

    private final List<Comparison> comparisons;
    private final List<Integer> windows;
    private final List<Integer> sizes;
    private final double columnWidth;
    private final double scale;
    private final int rowHeight;
    private final Svg svg;

    private EchoChart(List<Comparison> comparisons) {
        this.comparisons = comparisons;
        windows = comparisons.stream().map(each -> each.traffic().window()).distinct().sorted().toList();
        sizes = comparisons.stream().map(each -> each.traffic().frameBytes()).distinct().sorted().toList();
        columnWidth = (double) (WIDTH - LEFT - MARGIN - (windows.size() - 1) * COLUMN_GAP) / windows.size();
        double most = comparisons.stream().flatMap(each -> each.names().stream().map(each::rates))
                .mapToDouble(Series::max).max().orElse(1);
        scale = (columnWidth - NUMBERS) / most;
        rowHeight = comparisons.stream().mapToInt(each -> each.names().size()).max().orElse(1) * BAR + GAP;
        svg = new Svg(WIDTH, TOP + sizes.size() * rowHeight + 34);
    }

    /**
     * Draws it.
     *
     * @param comparisons at least one
     * @param footer      under what conditions it was measured
     * @return the drawing
     */
    static String of(List<Comparison> comparisons, String footer) {
        return new EchoChart(comparisons).draw(footer);
    }

    private String draw(String footer) {
        svg.text(MARGIN, 36, 20, Svg.INK, Svg.Anchor.START, "Frames through a closed loop, one core a side");
        svg.text(MARGIN, 60, 13, Svg.FAINT, Svg.Anchor.START,
                "million round trips a second; bar: median, dot: one run; in grey: so many times as fast is vlink.");
        drawLegend();
        for (int row = 0; row < sizes.size(); row++) {
            double top = TOP + row * rowHeight;
            svg.text(MARGIN, top + BAR, 14, Svg.INK, Svg.Anchor.START, sizes.get(row) + " bytes");
        }
        for (int column = 0; column < windows.size(); column++) {
            svg.text(x(column), TOP - 14, 12, Svg.FAINT, Svg.Anchor.START, windows.get(column) + " in flight");
        }
        for (Comparison comparison : comparisons) {
            drawCell(comparison, x(windows.indexOf(comparison.traffic().window())),
                    TOP + sizes.indexOf(comparison.traffic().frameBytes()) * rowHeight);
        }
        svg.text(MARGIN, TOP + sizes.size() * rowHeight + 16, 11, Svg.FAINT, Svg.Anchor.START, footer);
        return svg.toString();
    }

    private double x(int column) {
        return LEFT + column * (columnWidth + COLUMN_GAP);
    }

    private void drawLegend() {
        double x = MARGIN;
        for (String name : comparisons.getFirst().names()) {
            svg.bar(x, 76, 12, 12, colour(name));
            svg.text(x + 18, 86, 13, Svg.INK, Svg.Anchor.START, name);
            x += 40 + 8 * name.length();
        }
    }

    private static String colour(String name) {
        return COLOURS.getOrDefault(name, OTHER);
    }

    private void drawCell(Comparison comparison, double left, double top) {
        List<String> names = comparison.names();
        svg.line(left, top - 2, left, top + names.size() * BAR, "#d1d5db", 1, false);
        double y = top;
        for (String name : names) {
            Series rates = comparison.rates(name);
            svg.bar(left, y, rates.median() * scale, BAR - 4, colour(name));
            for (double rate : rates.values()) {
                svg.dot(left + rate * scale, y + (BAR - 4) / 2.0, 2.2, "#ffffff", Svg.INK);
            }
            double behind = left + rates.max() * scale + 7;
            String median = megas(rates.median());
            svg.text(behind, y + 12, 12, Svg.INK, Svg.Anchor.START, median);
            if (!name.equals(names.getFirst())) {
                svg.text(behind + 8 * median.length() + 6, y + 12, 11, Svg.FAINT, Svg.Anchor.START,
                        String.format(Locale.ROOT, "%.1f \u00d7", comparison.ratios(name).median()));
            }
            y += BAR;
        }
    }

    private static String megas(double rate) {
        return String.format(Locale.ROOT, rate < 9.95e6 ? "%.2f" : "%.1f", rate / 1e6);
    }
}
