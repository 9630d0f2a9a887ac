// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

/** A keeper cannot be had, or does not say what it should. The message is one line for people. */
public final class KeeperException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * A failure.
     *
     * @param message what is wrong: name=value: what to do
     */
    public KeeperException(String message) {
        super(message);
    }

    /**
     * A failure with its cause.
     *
     * @param message what is wrong: name=value: what to do
     * @param cause   why
     */
    public KeeperException(String message, Throwable cause) {
        super(message, cause);
    }
}
