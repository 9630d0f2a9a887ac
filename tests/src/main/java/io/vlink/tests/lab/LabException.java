// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.lab;

/** A step of a lab failed; the message is one line, and {@link #logs} holds what the processes said. */
public final class LabException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String logs;

    /**
     * A failed step.
     *
     * @param message one line: what was wrong and what to do
     * @param logs    the last lines of the processes concerned; may be empty
     */
    public LabException(String message, String logs) {
        super(message);
        this.logs = logs;
    }

    /** {@return the last lines of the processes concerned} */
    public String logs() {
        return logs;
    }
}
