// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.port;

/** A port cannot do what it was asked for; the message is one line for people. */
public class PortException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * A refusal.
     *
     * @param message what is wrong: {@code name=value}, and what to do
     */
    public PortException(String message) {
        super(message);
    }

    /**
     * A refusal with a cause.
     *
     * @param message what is wrong: {@code name=value}, and what to do
     * @param cause   what was found
     */
    public PortException(String message, Throwable cause) {
        super(message, cause);
    }
}
