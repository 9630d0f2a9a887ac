// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

/** A tool cannot do what it was asked for; the message says why and what to do, and may have several lines. */
public final class ToolException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * A reason to stop.
     *
     * @param message why, and what to do
     */
    public ToolException(String message) {
        super(message);
    }
}
