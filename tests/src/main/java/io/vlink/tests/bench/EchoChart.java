// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Round trips per second, a bar for the median of each contestant and a dot for each of its runs. */
final class EchoChart {
    private static final Map<String, String> COLOURS = Map.of("vlink", "#2563eb", "vhost-user", "#f59e0b", "memif",
            "#10b981");
    private static final int WIDTH = 860;
    private static final int LEFT = 190;
    private static final int RIGHT = 70;
    private static final int TOP = 84;
    private static final int BAR = 17;
    private static final int GAP = 16;
    private static final int TICKS = 5;

    private final List<Comparison> comparisons;
    private final String footer;
    private final double scale;
    private final double step;
    private final Svg svg;
    private final int bottom;

    private EchoChart(List<Comparison> comparisons, String footer) {
        this.comparisons = comparisons;
        this.footer = footer;
        int height = TOP + 60;
        double most = 0;
        for (Comparison comparison : comparisons) {
            height += comparison.names().size() * BAR + GAP;
            for (String name : comparison.names()) {
                most = Math.max(most, comparison.rates(name).max() / 1e6);
            }
        }
        bottom = height - 60;
        step = niceStep(most / TICKS);
        scale = (WIDTH - LEFT - RIGHT) / (step * Math.ceil(most / step));
        svg = new Svg(WIDTH, height);
    }

    static String of(List<Comparison> comparisons, String footer) {
        return new EchoChart(comparisons, footer).draw();
    }

    /** 1, 2 or 5 times a power of ten, at least the wanted one. */
    static double niceStep(double wanted) {
        double power = Math.pow(10, Math.floor(Math.log10(wanted)));
        for (double factor : new double[]{1, 2, 5}) {
            if (factor * power >= wanted) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    private String draw() {
        svg.text(24, 34, 19, Svg.INK, Svg.Anchor.START, "Frames a second through a closed loop, one core a side");
        svg.text(24, 56, 13, Svg.FAINT, Svg.Anchor.START,
                "bar: median; dot: one run; the contestants ran in turn. Longer is better (million round trips a second).");
        drawAxis();
        double y = TOP;
        for (Comparison comparison : comparisons) {
            y = drawGroup(comparison, y) + GAP;
        }
        svg.text(24, bottom + 44, 11, Svg.FAINT, Svg.Anchor.START, footer);
        return svg.toString();
    }

    private void drawAxis() {
        for (double tick = 0; tick * scale <= WIDTH - LEFT - RIGHT + 1; tick += step) {
            double x = LEFT + tick * scale;
            svg.line(x, TOP - 6, x, bottom - GAP + 4, "#e5e7eb", 1, false);
            svg.text(x, bottom + 6, 12, Svg.FAINT, Svg.Anchor.MIDDLE,
                    String.format(Locale.ROOT, "%.4g", tick).replaceAll("\\.0+$", ""));
        }
    }

    private double drawGroup(Comparison comparison, double top) {
        double y = top;
        Traffic traffic = comparison.traffic();
        svg.text(24, top + 13, 13, Svg.INK, Svg.Anchor.START, traffic.frameBytes() + " bytes");
        svg.text(24, top + 29, 11, Svg.FAINT, Svg.Anchor.START, "window " + traffic.window());
        for (String name : comparison.names()) {
            double median = comparison.rates(name).median() / 1e6;
            svg.text(LEFT - 8, y + 12, 12, Svg.INK, Svg.Anchor.END, name);
            svg.bar(LEFT, y, median * scale, BAR - 4, COLOURS.getOrDefault(name, "#6366f1"));
            double rightmost = median;
            for (Contestant.Run run : comparison.runs(name)) {
                svg.dot(LEFT + run.pps() / 1e6 * scale, y + (BAR - 4) / 2.0, 2.6, "#ffffff", Svg.INK);
                rightmost = Math.max(rightmost, run.pps() / 1e6);
            }
            svg.text(LEFT + rightmost * scale + 8, y + 12, 12, Svg.INK, Svg.Anchor.START,
                    String.format(Locale.ROOT, "%.1f", median));
            y += BAR;
        }
        return y;
    }
}
