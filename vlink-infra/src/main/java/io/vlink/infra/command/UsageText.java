// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What picocli finds wrong with a command line, in this project's form: {@code what is wrong: name=value: what to do}. */
final class UsageText {
    private static final Map<Class<?>, String> LARGEST = Map.of(int.class, "" + Integer.MAX_VALUE, Integer.class,
            "" + Integer.MAX_VALUE, long.class, "" + Long.MAX_VALUE, Long.class, "" + Long.MAX_VALUE);

    private UsageText() {
    }

    /** The line for a failure; a program's own complaints are in that form already. */
    static String of(ParameterException failure) {
        return switch (failure) {
            case UnmatchedArgumentException unmatched -> unmatched(unmatched);
            case MissingParameterException missing when !missing.getMissing().isEmpty() -> missing(missing);
            case OverwrittenOptionException twice -> "option must be given once: option="
                    + name(twice.getOverwritten()) + ": leave one out";
            default -> isCommandMissing(failure) ? missingCommand(failure.getCommandLine()) : value(failure);
        };
    }

    private static String unmatched(UnmatchedArgumentException failure) {
        String word = failure.getUnmatched().getFirst();
        if (failure.isUnknownOption()) {
            return "unknown option: option=" + word + ": leave it out";
        }
        String commands = commands(failure.getCommandLine());
        return commands.isEmpty()
                ? "surplus argument: argument=" + word + ": leave it out"
                : "unknown command: command=" + word + ": use one of " + commands;
    }

    private static String missing(MissingParameterException failure) {
        ArgSpec missing = failure.getMissing().getFirst();
        if (!missing.isOption()) {
            return "argument is missing: argument=" + name(missing);
        }
        // picocli has one exception for both, and tells them apart in words only.
        boolean given = failure.getMessage().contains("parameter for option");
        return (given ? "option needs a value: option=" : "option is missing: option=") + name(missing) + ": write "
                + name(missing) + "=" + missing.paramLabel();
    }

    /** It is thrown for nothing else where a program has commands and does nothing without one. */
    private static boolean isCommandMissing(ParameterException failure) {
        return failure.getClass() == ParameterException.class && failure.getArgSpec() == null
                && !commands(failure.getCommandLine()).isEmpty();
    }

    private static String missingCommand(CommandLine command) {
        return "command is missing: use one of " + commands(command);
    }

    private static String commands(CommandLine command) {
        return String.join(",", new TreeSet<>(command.getSubcommands().keySet()));
    }

    /** A value that an option cannot have; a converter of our own has said so in our form. */
    private static String value(ParameterException failure) {
        ArgSpec arg = failure.getArgSpec();
        if (arg == null || !(failure.getCause() instanceof TypeConversionException cause)) {
            return String.valueOf(failure.getMessage());
        }
        if (arg.converters().length > 0) {
            return cause.getMessage();
        }
        String option = name(arg).replaceFirst("^--?", "");
        return option + " " + rule(arg) + ": " + option + "=" + failure.getValue();
    }

    private static String rule(ArgSpec arg) {
        Class<?> type = arg.auxiliaryTypes()[0];
        if (type.isEnum()) {
            return "must be " + choice(type);
        }
        if (type == boolean.class || type == Boolean.class) {
            return "has no value";
        }
        if (ValueConverters.RULES.containsKey(type)) {
            return ValueConverters.RULES.get(type);
        }
        if (type == double.class || type == Double.class) {
            return "must be a number";
        }
        String largest = LARGEST.get(type);
        return largest == null ? "must be of another form" : "must be a whole number up to " + largest;
    }

    /** The words as they are typed: macswap, io or drop. */
    private static String choice(Class<?> type) {
        List<String> words = new ArrayList<>();
        for (Object word : type.getEnumConstants()) {
            words.add(((Enum<?>) word).name().toLowerCase(Locale.ROOT));
        }
        String last = words.removeLast();
        return words.isEmpty() ? last : String.join(", ", words) + " or " + last;
    }

    private static String name(ArgSpec arg) {
        return arg.isOption() ? ((OptionSpec) arg).longestName() : arg.paramLabel();
    }
}
