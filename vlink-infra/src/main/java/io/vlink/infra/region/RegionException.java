// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.region;

/** This machine cannot give a region the memory it needs; the message is one line that says how much, and what to do. */
public final class RegionException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Makes one with that message, and with what made it known, which may be null. */
    public RegionException(String message, Throwable cause) {
        super(message, cause);
    }
}
