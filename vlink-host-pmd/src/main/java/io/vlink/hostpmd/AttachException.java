// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.control.ControlException;

/** A link cannot be attached to; the message is one line for people that says why and what to do. */
public final class AttachException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * A refusal, or a link that cannot be used.
     *
     * @param message one line for people
     */
    public AttachException(String message) {
        super(message);
    }

    /**
     * A failure on the way.
     *
     * @param message one line for people
     * @param cause   what failed
     */
    public AttachException(String message, Throwable cause) {
        super(message, cause);
    }

    /** {@return whether trying again may help: there is no agent, no such link, or another program has it} */
    public boolean mayPass() {
        return getCause() instanceof ControlException refusal && refusal.mayPass();
    }
}
