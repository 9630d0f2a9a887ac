// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.control;

import io.vlink.spec.control.StatusCode;

/** A request that the agent refused, or that never got its reply. The message is the agent's own line for people. */
public final class ControlException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final StatusCode status;
    private final boolean agentAbsent;

    /**
     * A refusal.
     *
     * @param status  why; {@link StatusCode#FAILED} also stands for a reply that never came
     * @param message one line for people
     */
    public ControlException(StatusCode status, String message) {
        super(message);
        this.status = status;
        this.agentAbsent = false;
    }

    /**
     * A refusal with what uncovered it.
     *
     * @param status  why
     * @param message one line for people
     * @param cause   what uncovered it
     */
    public ControlException(StatusCode status, String message, Throwable cause) {
        this(status, message, cause, false);
    }

    private ControlException(StatusCode status, String message, Throwable cause, boolean agentAbsent) {
        super(message, cause);
        this.status = status;
        this.agentAbsent = agentAbsent;
    }

    /**
     * Nobody is there to answer.
     *
     * @param message one line for people
     * @param cause   what uncovered it, or null
     * @return with {@link StatusCode#FAILED}
     */
    static ControlException agentAbsent(String message, Throwable cause) {
        return new ControlException(StatusCode.FAILED, message, cause, true);
    }

    /** {@return whether nobody listened, or who did went away before answering: another agent may be there in a moment} */
    public boolean isAgentAbsent() {
        return agentAbsent;
    }

    /** {@return whether the same request may succeed later without anything else being done about it} */
    public boolean mayPass() {
        return agentAbsent || status == StatusCode.NOT_FOUND || status == StatusCode.BUSY;
    }

    /** {@return why the request was refused} */
    public StatusCode status() {
        return status;
    }
}
