// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.spec.control.StatusCode;

/** A request that the agent refuses: a status for programs and one line for people. */
public final class RequestException extends Exception {
    private static final long serialVersionUID = 1L;

    private final StatusCode status;

    /**
     * Refuses a request.
     *
     * @param status  why, for programs; never OK
     * @param message why, and what to do, for people
     */
    public RequestException(StatusCode status, String message) {
        super(message);
        this.status = status;
    }

    /** {@return why, for programs} */
    public StatusCode status() {
        return status;
    }
}
