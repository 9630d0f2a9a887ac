// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.command;

import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** How programs say that something is wrong: on standard error, with the program's name in front, wrong usage in one line. */
public final class OneLineErrors {
    private OneLineErrors() {
    }

    /**
     * Makes a program complain of wrong usage in one line, instead of with its whole help.
     *
     * @param program the program's command line
     * @return the same one
     */
    public static CommandLine of(CommandLine program) {
        return program.setParameterExceptionHandler(
                (failure, arguments) -> wrongUsage(failure.getCommandLine(), describe(failure)));
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
        return CommandLine.ExitCode.USAGE;
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
        return CommandLine.ExitCode.SOFTWARE;
    }

    private static void print(CommandLine command, String line) {
        command.getErr().println(command.getCommandSpec().root().name() + ": " + line);
        command.getErr().flush();
    }

    private static String describe(ParameterException failure) {
        CommandLine command = failure.getCommandLine();
        String commands = String.join(",", new TreeSet<>(command.getSubcommands().keySet()));
        if (failure instanceof UnmatchedArgumentException unmatched) {
            String word = unmatched.getUnmatched().getFirst();
            if (unmatched.isUnknownOption()) {
                return "unknown option: option=" + word + ": leave it out";
            }
            return commands.isEmpty()
                    ? "surplus argument: argument=" + word + ": leave it out"
                    : "unknown command: command=" + word + ": use one of " + commands;
        }
        // It is thrown for nothing else where a program has commands and does nothing without one.
        boolean commandMissing = !commands.isEmpty() && failure.getClass() == ParameterException.class;
        return commandMissing ? "command is missing: use one of " + commands : String.valueOf(failure.getMessage());
    }

    /** No argument may break the line, nor send a sequence to the terminal. */
    private static String oneLine(String message) {
        return message.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cntrl}", "?");
    }
}
