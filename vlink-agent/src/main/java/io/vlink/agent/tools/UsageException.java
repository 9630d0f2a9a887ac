// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

/** A command line that says something wrong; the program ends with status 2. */
public final class UsageException extends ToolException {
    private static final long serialVersionUID = 1L;

    /**
     * A reason to stop.
     *
     * @param message what is wrong, and what would be right
     */
    public UsageException(String message) {
        super(message);
    }
}
