// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.command;

import io.vlink.infra.os.OsException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * How programs say that something is wrong: one line on standard error that starts with the program's name, and an exit
 * status; what is a bug keeps its stack trace.
 */
public final class OneLineErrors {
    /** What to do where Java found no memory, or no thread. */
    public static final String MORE_MEMORY = "raise -Xmx in VLINK_JAVA_OPTS, or this process's limits (ulimit -v, ulimit -u)";

    private OneLineErrors() {
    }

    /**
     * Makes a program complain in one line, instead of with its whole help or a stack trace; and read a {@code Duration} as
     * {@code 30}, {@code 30s}, {@code 10m} or {@code 1h}, and no {@code Path} from an empty text.
     *
     * @param program  the program's command line
     * @param failures exceptions that are no bugs, besides {@link OsException}; their messages are for people
     * @return the same one
     */
    public static CommandLine of(CommandLine program, List<Class<? extends RuntimeException>> failures) {
        return ValueConverters.register(program).setParameterExceptionHandler(
                (failure, arguments) -> wrongUsage(failure.getCommandLine(), UsageText.of(failure)))
                .setExecutionExceptionHandler((failure, command, result) -> isKnown(failure, failures)
                        ? failed(command, String.valueOf(failure.getMessage()))
                        : bug(command, failure))
                .setExecutionStrategy(parsed -> withOutput(program, run(program, onlyOnce(parsed))));
    }

    /** picocli itself sees only what is given twice on the same side of a command's name, and takes the last of both sides. */
    private static CommandLine.ParseResult onlyOnce(CommandLine.ParseResult parsed) {
        Set<String> given = new HashSet<>();
        for (CommandLine.ParseResult level = parsed; level != null; level = level.subcommand()) {
            for (OptionSpec option : level.matchedOptionsSet()) {
                if (!given.add(option.longestName()) && !option.usageHelp() && !option.versionHelp()) {
                    throw new ParameterException(level.commandSpec().commandLine(),
                            "option must be given once: option=" + option.longestName() + ": leave one out");
                }
            }
        }
        return parsed;
    }

    /** An Error that left main would leave a program with a handler of signals waiting for its own end. */
    private static int run(CommandLine program, CommandLine.ParseResult parsed) {
        try {
            return new CommandLine.RunLast().execute(parsed);
        } catch (OutOfMemoryError e) {
            return failed(program, "memory short: reason=\"" + e.getMessage() + "\": " + MORE_MEMORY);
        } catch (Error e) {
            return bug(program, e);
        }
    }

    /** Java's standard output never throws: a result that a full disk has swallowed must not look like success. */
    private static int withOutput(CommandLine program, int status) {
        boolean lost = program.getOut().checkError();
        if (!System.out.checkError() && !lost) {
            return status;
        }
        try (FileOutputStream output = new FileOutputStream(FileDescriptor.out)) {
            output.write('\n');
        } catch (IOException e) {
            if (!String.valueOf(e.getMessage()).contains("Broken pipe")) {
                failed(program, "standard output cannot be written, so the result is lost: error=" + e.getMessage()
                        + ": make room, or write elsewhere");
            }
        }
        return status == ExitCode.OK ? ExitCode.SOFTWARE : status;
    }

    private static boolean isKnown(Exception failure, List<Class<? extends RuntimeException>> failures) {
        return failure instanceof OsException || failures.stream().anyMatch(type -> type.isInstance(failure));
    }

    private static int bug(CommandLine command, Throwable failure) {
        print(command, "a bug: " + failure);
        failure.printStackTrace(command.getErr());
        command.getErr().flush();
        return ExitCode.SOFTWARE;
    }

    /**
     * Says what is wrong with a command line.
     *
     * @param command the program, or one of its commands
     * @param message what is wrong, and what would be right
     * @return exit status 2
     */
    public static int wrongUsage(CommandLine command, String message) {
        print(command, oneLine(message) + " (see " + command.getCommandSpec().qualifiedName(" ") + " --help)");
        return ExitCode.USAGE;
    }

    /**
     * Says why a program failed.
     *
     * @param command the program, or one of its commands
     * @param message why, and what to do; each of its lines gets the program's name
     * @return exit status 1
     */
    public static int failed(CommandLine command, String message) {
        message.lines().forEach(line -> print(command, line));
        return ExitCode.SOFTWARE;
    }

    private static void print(CommandLine command, String line) {
        command.getErr().println(command.getCommandSpec().root().name() + ": " + line);
        command.getErr().flush();
    }

    /** No argument may break the line, nor send a sequence to the terminal. */
    private static String oneLine(String message) {
        return message.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cntrl}", "?");
    }
}
