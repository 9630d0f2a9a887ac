// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.region;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Memory sizes as people write them, such as {@code 512M}, {@code 1G} or {@code 2GiB}; units are powers of 1024. */
public final class MemorySize {
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,19})(?:([KMGT])(?:iB|B)?|B)?",
            Pattern.CASE_INSENSITIVE);
    private static final String UNITS = "KMGT";
    private static final int UNIT_SHIFT = 10;

    private MemorySize() {
    }

    /**
     * The number of bytes that a text stands for: a whole number, then nothing or one of K, M, G, T, then nothing, {@code B}
     * or {@code iB}; upper and lower case alike.
     *
     * @throws IllegalArgumentException if the text is not that, or stands for 0 or for more than a {@code long} holds
     */
    public static long parse(String text) {
        return parse("size", text);
    }

    /**
     * The same for a value that has a name.
     *
     * @param name what the message calls the value, such as the option that it comes from
     * @param text the value
     * @return bytes
     * @throws IllegalArgumentException if the text is no size
     */
    public static long parse(String name, String text) {
        Matcher matcher = SIZE.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "a memory size is a whole number with K, M, G, T or nothing after it: " + name + "=" + text
                            + ": write 512M or 1G");
        }
        int shift = matcher.group(2) == null
                ? 0
                : UNIT_SHIFT * (1 + UNITS.indexOf(Character.toUpperCase(matcher.group(2).charAt(0))));
        long number;
        try {
            number = Long.parseLong(matcher.group(1));
        } catch (NumberFormatException tooLarge) {
            throw outOfRange(name, text);
        }
        if (number == 0 || number > Long.MAX_VALUE >> shift) {
            throw outOfRange(name, text);
        }
        return number << shift;
    }

    /** The shortest exact text for that many bytes, such as {@code 1G}, {@code 1536M} or {@code 1000}. */
    public static String format(long bytes) {
        int unit = bytes == 0 ? 0 : Math.min(UNITS.length(), Long.numberOfTrailingZeros(bytes) / UNIT_SHIFT);
        return (bytes >> (unit * UNIT_SHIFT)) + (unit == 0 ? "" : UNITS.substring(unit - 1, unit));
    }

    private static IllegalArgumentException outOfRange(String name, String text) {
        return new IllegalArgumentException("a memory size must not be 0, nor 8 EiB or more: " + name + "=" + text
                + ": write 512M or 1G");
    }
}
