// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.Locale;
import java.util.Map;

/** Each ratio on a scale of its own goal: a dot for each pair of runs, a stroke for the median, a line for the goal. */
final class RatioChart {
    private static final int WIDTH = 860;
    private static final int LEFT = 250;
    private static final int RIGHT = 150;
    private static final int TOP = 96;
    private static final int ROW = 44;
    /** The scale ends at so many times the goal. */
    private static final double MOST = 2.5;

    private RatioChart() {
    }

    static String of(Map<String, Series> ratios, String footer) {
        Svg svg = new Svg(WIDTH, TOP + ratios.size() * ROW + 50);
        svg.text(24, 34, 19, Svg.INK, Svg.Anchor.START, "Ratios, and what they must reach");
        svg.text(24, 56, 13, Svg.FAINT, Svg.Anchor.START,
                "dot: one pair of runs; stroke: median; dashed line: the goal. The arrow points to the better side.");
        double bottom = TOP + ratios.size() * ROW - 14;
        double goalX = LEFT + (WIDTH - LEFT - RIGHT) / MOST;
        svg.line(goalX, TOP - 22, goalX, bottom, "#dc2626", 1.5, true);
        svg.text(goalX, TOP - 28, 12, "#dc2626", Svg.Anchor.MIDDLE, "goal");
        double y = TOP;
        for (Map.Entry<String, Series> entry : ratios.entrySet()) {
            drawRow(svg, Goal.valueOf(entry.getKey()), entry.getValue(), y);
            y += ROW;
        }
        svg.text(24, bottom + 40, 11, Svg.FAINT, Svg.Anchor.START, footer);
        return svg.toString();
    }

    private static void drawRow(Svg svg, Goal goal, Series series, double y) {
        double scale = (WIDTH - LEFT - RIGHT) / MOST / goal.value();
        boolean reached = goal.isReachedBy(series.median());
        String colour = reached ? "#15803d" : "#b45309";
        svg.text(24, y + 5, 13, Svg.INK, Svg.Anchor.START, goal.label());
        svg.text(24, y + 20, 11, Svg.FAINT, Svg.Anchor.START, goal.text() + (goal.isFloor() ? "  \u2192" : "  \u2190"));
        svg.line(LEFT, y, WIDTH - RIGHT, y, "#e5e7eb", 1, false);
        for (double value : series.values()) {
            svg.dot(LEFT + Math.min(value * scale, WIDTH - LEFT - RIGHT), y, 4, colour, "#ffffff");
        }
        double median = LEFT + Math.min(series.median() * scale, WIDTH - LEFT - RIGHT);
        svg.line(median, y - 11, median, y + 11, colour, 3, false);
        svg.text(WIDTH - RIGHT + 14, y + 5, 15, colour, Svg.Anchor.START,
                String.format(Locale.ROOT, "%.2f %s", series.median(), reached ? "\u2713" : "not reached"));
    }
}
