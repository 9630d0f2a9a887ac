// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.control;

import io.vlink.spec.control.StatusCode;

/** A request that the agent refused, or that never got its reply. The message is the agent's own line for people. */
public final class ControlException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final StatusCode status;

    /**
     * A refusal.
     *
     * @param status  why; {@link StatusCode#FAILED} also stands for a reply that never came
     * @param message one line for people
     */
    public ControlException(StatusCode status, String message) {
        super(message);
        this.status = status;
    }

    /**
     * A refusal with what uncovered it.
     *
     * @param status  why
     * @param message one line for people
     * @param cause   what uncovered it
     */
    public ControlException(StatusCode status, String message, Throwable cause) {
        super(message, cause);
        this.status = status;
    }

    /** {@return why the request was refused} */
    public StatusCode status() {
        return status;
    }
}
