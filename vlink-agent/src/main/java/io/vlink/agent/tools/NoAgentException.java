// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

/** There is no agent, or none that answers: another one may be there in a moment. */
public final class NoAgentException extends ToolException {
    private static final long serialVersionUID = 1L;

    /**
     * A reason to stop, or to wait.
     *
     * @param message what is missing, and what to do
     */
    public NoAgentException(String message) {
        super(message);
    }
}
