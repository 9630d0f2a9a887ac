// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

import io.vlink.infra.command.OneLineErrors;
import io.vlink.infra.os.OsException;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** A tool cannot do what it was asked for; the message says why and what to do, and may have several lines. */
public class ToolException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * A reason to stop.
     *
     * @param message why, and what to do
     */
    public ToolException(String message) {
        super(message);
    }

    /** Prints a failure and returns the program's exit status; throws what is a bug. */
    static int print(Exception failure, CommandLine command, ParseResult result) throws Exception {
        if (failure instanceof UsageException) {
            return OneLineErrors.wrongUsage(command, failure.getMessage());
        }
        if (failure instanceof ToolException || failure instanceof OsException) {
            return OneLineErrors.failed(command, failure.getMessage());
        }
        throw failure;
    }
}
