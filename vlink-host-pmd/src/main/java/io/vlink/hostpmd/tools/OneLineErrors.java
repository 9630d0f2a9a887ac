// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import io.vlink.hostpmd.AttachException;
import io.vlink.infra.os.OsException;
import io.vlink.infra.port.PortException;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Turns failures into one line that starts with the program's name, and an exit status; what is a bug keeps its stack trace. */
final class OneLineErrors implements IExecutionExceptionHandler, IParameterExceptionHandler {
    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult arguments) {
        print(command, oneLine(failure));
        if (!(failure instanceof AttachException || failure instanceof OsException
                || failure instanceof PortException)) {
            failure.printStackTrace(command.getErr());
            command.getErr().flush();
        }
        return ExitCode.SOFTWARE;
    }

    @Override
    public int handleParseException(ParameterException failure, String[] arguments) {
        CommandLine command = failure.getCommandLine();
        print(command, oneLine(failure) + " (see " + command.getCommandName() + " --help)");
        return ExitCode.USAGE;
    }

    private static void print(CommandLine command, String line) {
        command.getErr().println(command.getCommandName() + ": " + line);
        command.getErr().flush();
    }

    private static String oneLine(Exception failure) {
        String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
        return message.replaceAll("\\s*\\R\\s*", " ");
    }
}
