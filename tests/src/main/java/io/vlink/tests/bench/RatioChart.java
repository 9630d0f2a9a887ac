// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.Locale;
import java.util.Map;

/** Each ratio on a scale of its own goal: a dot for each pair of runs, a stroke for the median, and where it is good enough. */
final class RatioChart {
    private static final int WIDTH = 900;
    private static final int LEFT = 250;
    private static final int RIGHT = 150;
    private static final int SPAN = WIDTH - LEFT - RIGHT;
    private static final int TOP = 104;
    private static final int ROW = 46;
    private static final int BAND = 22;
    /** The scale ends at so many times the goal; what is beyond stands at its end. */
    private static final double MOST = 2.5;

    /** From here on nobody reads fractions. */
    private static final double MANY = 100;

    private static final String REACHED = "#15803d";
    private static final String MISSED = "#c2410c";
    private static final String GOOD = "#dcfce7";
    private static final String NOT_GOOD = "#f3f4f6";

    private final Svg svg;

    private RatioChart(Svg svg) {
        this.svg = svg;
    }

    static String of(Map<Goal, Series> ratios, String footer) {
        int bottom = TOP + ratios.size() * ROW;
        Svg svg = new Svg(WIDTH, bottom + 40);
        svg.text(24, 36, 20, Svg.INK, Svg.Anchor.START, "Ratios, and what they must reach");
        svg.text(24, 60, 13, Svg.FAINT, Svg.Anchor.START,
                "dot: one round; stroke: median; green: the goal is reached. Every scale has its goal in the same place.");
        RatioChart chart = new RatioChart(svg);
        double y = TOP;
        for (Map.Entry<Goal, Series> entry : ratios.entrySet()) {
            chart.drawRow(entry.getKey(), entry.getValue(), y);
            y += ROW;
        }
        svg.text(24, bottom + 22, 11, Svg.FAINT, Svg.Anchor.START, footer);
        return svg.toString();
    }

    private static double x(double value, Goal goal) {
        return LEFT + Math.min(value / goal.value(), MOST) * SPAN / MOST;
    }

    private void drawRow(Goal goal, Series series, double y) {
        boolean reached = goal.isReachedBy(series.median());
        String colour = reached ? REACHED : MISSED;
        svg.text(24, y + 1, 14, Svg.INK, Svg.Anchor.START, goal.label());
        svg.text(24, y + 17, 11, Svg.FAINT, Svg.Anchor.START, goal.text());
        double goalX = x(goal.value(), goal);
        double top = y - BAND / 2.0;
        svg.bar(LEFT, top, goalX - LEFT, BAND, goal.isFloor() ? NOT_GOOD : GOOD);
        svg.bar(goalX, top, LEFT + SPAN - goalX, BAND, goal.isFloor() ? GOOD : NOT_GOOD);
        svg.line(goalX, top - 3, goalX, top + BAND + 3, Svg.FAINT, 1.5, false);
        for (double value : series.values()) {
            svg.dot(x(value, goal), y, 4.5, colour, "#ffffff");
        }
        double median = x(series.median(), goal);
        svg.line(median, top - 3, median, top + BAND + 3, colour, 3, false);
        if (series.median() > MOST * goal.value()) {
            svg.text(LEFT + SPAN + 4, y + 5, 14, colour, Svg.Anchor.START, "\u203a");
        }
        svg.text(WIDTH - RIGHT + 16, y + 6, 17, colour, Svg.Anchor.START,
                String.format(Locale.ROOT, series.median() < MANY ? "%.2f" : "%.0f", series.median()));
        svg.text(WIDTH - 24, y + 5, 12, colour, Svg.Anchor.END, reached ? "reached" : "missed");
    }
}
