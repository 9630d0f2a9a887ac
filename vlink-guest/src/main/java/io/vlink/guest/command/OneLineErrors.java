// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.command;

import io.vlink.guest.device.DeviceException;
import io.vlink.infra.os.OsException;
import io.vlink.infra.port.PortException;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Turns failures into one line on stderr and an exit status; what is a bug keeps its stack trace. */
public final class OneLineErrors implements IExecutionExceptionHandler, IParameterExceptionHandler {
    /** Nothing to set up. */
    public OneLineErrors() {
    }

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult arguments) {
        if (failure instanceof DeviceException || failure instanceof OsException
                || failure instanceof PortException) {
            command.getErr().println("vlink-guest: " + failure.getMessage());
        } else {
            command.getErr().println("vlink-guest: a bug: " + failure);
            failure.printStackTrace(command.getErr());
        }
        command.getErr().flush();
        return ExitCode.SOFTWARE;
    }

    @Override
    public int handleParseException(ParameterException failure, String[] arguments) {
        failure.getCommandLine().getErr()
                .println("vlink-guest: " + failure.getMessage() + " (see vlink-guest --help)");
        failure.getCommandLine().getErr().flush();
        return ExitCode.USAGE;
    }
}
