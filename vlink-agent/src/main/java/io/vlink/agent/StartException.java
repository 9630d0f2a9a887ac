// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent;

/** The agent cannot start; the message is one line that says why and what to do. */
public final class StartException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * A reason not to start.
     *
     * @param message why, and what to do
     */
    public StartException(String message) {
        super(message);
    }

    /**
     * A reason not to start, with what uncovered it.
     *
     * @param message why, and what to do
     * @param cause   what uncovered it
     */
    public StartException(String message, Throwable cause) {
        super(message, cause);
    }
}
