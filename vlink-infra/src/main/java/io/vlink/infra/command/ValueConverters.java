// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.command;

import java.math.BigDecimal;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** How every program reads times and paths: one form for all of them. */
final class ValueConverters {
    /** What a value of each type must be, for the message that refuses another. */
    static final Map<Class<?>, String> RULES = Map.of(Duration.class,
            "must be a time such as 30, 30s, 10m or 1h, seconds without a unit", Path.class,
            "must be a path, and not empty");

    private static final Pattern TIME = Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,9})?)([smh])?");
    private static final int NANO_DIGITS = 9;
    private static final Map<String, Integer> SECONDS = Map.of("s", 1, "m", 60, "h", 3_600);

    private ValueConverters() {
    }

    /**
     * Makes a program and its commands read them so.
     *
     * @param program with all of its commands
     * @return the same one
     */
    static CommandLine register(CommandLine program) {
        return program.registerConverter(Duration.class, ValueConverters::duration).registerConverter(Path.class,
                ValueConverters::path);
    }

    private static Duration duration(String text) {
        Matcher matcher = TIME.matcher(text);
        if (!matcher.matches()) {
            throw new TypeConversionException("no time");
        }
        int unit = SECONDS.get(matcher.group(2) == null ? "s" : matcher.group(2));
        BigDecimal seconds = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unit));
        return Duration.ofSeconds(seconds.longValue(),
                seconds.remainder(BigDecimal.ONE).movePointRight(NANO_DIGITS).longValue());
    }

    /** An empty path would be the current directory, which nobody means who writes {@code --run-dir=$UNSET}. */
    private static Path path(String text) {
        if (text.isEmpty()) {
            throw new TypeConversionException("no path");
        }
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
