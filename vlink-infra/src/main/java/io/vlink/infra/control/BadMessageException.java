// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.control;

/**
 * A peer's message that does not follow the control protocol (SPEC.md appendix B). The message names the rule and the
 * offending {@code name=value}. The connection cannot be used for further messages: reply BAD_MESSAGE if you like, and close.
 */
public final class BadMessageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * A broken rule.
     *
     * @param message rule and {@code name=value}, one line
     */
    public BadMessageException(String message) {
        super(message);
    }

    /**
     * A broken rule and what uncovered it.
     *
     * @param message rule and {@code name=value}, one line
     * @param cause   what uncovered it
     */
    public BadMessageException(String message, Throwable cause) {
        super(message, cause);
    }
}
