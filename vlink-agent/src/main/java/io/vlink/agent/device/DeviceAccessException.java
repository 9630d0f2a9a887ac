// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.device;

/** A request that the device cannot carry out, such as an access outside a region; nothing has been changed. */
public final class DeviceAccessException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates one.
     *
     * @param message {@code rule: name=value}
     */
    public DeviceAccessException(String message) {
        super(message);
    }
}
