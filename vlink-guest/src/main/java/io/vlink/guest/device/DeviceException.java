// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.device;

/**
 * A device that cannot be used, and what to do about it. The message is one line for the person at the terminal.
 */
public final class DeviceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * A device that cannot be used.
     *
     * @param message what is wrong, with the values seen, and the remedy
     */
    public DeviceException(String message) {
        super(message);
    }

    /**
     * A device that cannot be used because something else failed.
     *
     * @param message what is wrong, with the values seen, and the remedy
     * @param cause   what failed
     */
    public DeviceException(String message, Throwable cause) {
        super(message, cause);
    }
}
