// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

import picocli.CommandLine;

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

    /** {@return the program's exit status} */
    int exitStatus() {
        return CommandLine.ExitCode.SOFTWARE;
    }
}
