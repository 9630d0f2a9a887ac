// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.worker;

import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How lazy a worker gets while there is nothing to do: it spins some turns, then offers its processor to others some turns,
 * then sleeps, twice as long each time up to a limit. One turn is a look at all of its queues. Immutable; figures are in
 * docs/idle.md.
 *
 * @param spins        turns without work that are spun
 * @param yields       further turns after which the processor is offered to others
 * @param maxParkNanos longest sleep; 0 if it never sleeps
 */
public record IdleStrategy(int spins, int yields, long maxParkNanos) {
    // First, as the strategies below are checked against it.
    private static final long LONGEST_PARK_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Longest sleep unless a number is given. */
    public static final long DEFAULT_PARK_NANOS = TimeUnit.MICROSECONDS.toNanos(250);
    /** First sleep of a row. Shorter ones do not get shorter: the kernel rounds up by its timer slack of 50 µs. */
    public static final long FIRST_PARK_NANOS = TimeUnit.MICROSECONDS.toNanos(20);
    /** Never leaves its processor: wakes first, and keeps everybody else off it. */
    public static final IdleStrategy SPIN = new IdleStrategy(Integer.MAX_VALUE, 0, 0);
    /** Offers its processor to whoever wants it, and takes it where nobody does. */
    public static final IdleStrategy YIELD = new IdleStrategy(1_000, Integer.MAX_VALUE, 0);
    /** Sleeps almost at once: least processor time, highest latency. */
    public static final IdleStrategy PARK = new IdleStrategy(100, 0, DEFAULT_PARK_NANOS);
    /** Spins, then yields, then sleeps. */
    public static final IdleStrategy AUTO = new IdleStrategy(1_000, 200, DEFAULT_PARK_NANOS);

    /** What {@link #parse} reads, for messages and help. */
    public static final String FORM = "spin|yield|park|auto[:SPINS,YIELDS,MAXPARKMICROS]";

    private static final Pattern NUMBERS = Pattern.compile("auto:(\\d{1,9}),(\\d{1,9}),(\\d{1,7})");

    /** Checks the ranges. */
    public IdleStrategy {
        if (spins < 0 || yields < 0 || maxParkNanos < 0 || maxParkNanos > LONGEST_PARK_NANOS) {
            throw new IllegalArgumentException(
                    "idle must have spins and yields of 0 or more and sleeps up to 1 s: spins="
                            + spins + " yields=" + yields + " max_park_nanos=" + maxParkNanos);
        }
    }

    /**
     * Reads a strategy.
     *
     * @param text {@value #FORM}; the sleep is 1 to 1000000 µs
     * @return the strategy
     * @throws IllegalArgumentException one line that says what is known
     */
    public static IdleStrategy parse(String text) {
        return switch (text) {
            case "spin" -> SPIN;
            case "yield" -> YIELD;
            case "park" -> PARK;
            case "auto" -> AUTO;
            default -> parseNumbers(text);
        };
    }

    private static IdleStrategy parseNumbers(String text) {
        Matcher matcher = NUMBERS.matcher(text);
        long park = matcher.matches() ? TimeUnit.MICROSECONDS.toNanos(Long.parseLong(matcher.group(3))) : 0;
        if (park < 1 || park > LONGEST_PARK_NANOS) {
            throw new IllegalArgumentException(
                    "idle must be " + FORM + ", such as auto:1000,200,250 with 1 to 1000000 µs:"
                            + " idle=" + text);
        }
        return new IdleStrategy(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)), park);
    }

    /** {@return as {@link #parse} reads it} */
    @Override
    public String toString() {
        if (spins == Integer.MAX_VALUE) {
            return "spin";
        }
        return yields == Integer.MAX_VALUE
                ? "yield"
                : "auto:" + spins + "," + yields + "," + TimeUnit.NANOSECONDS.toMicros(maxParkNanos);
    }
}
