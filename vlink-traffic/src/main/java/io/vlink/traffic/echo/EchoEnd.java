// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.echo;

import java.util.Locale;

/** Why an echo ended. */
public enum EchoEnd {
    /** It was asked to stop. */
    SIGNAL,
    /** It has returned as many packets as it should. */
    COUNT,
    /** Its time is over. */
    DURATION,
    /** What a port was attached through has gone and nothing moves any more: see {@code Port.isGone}. */
    GONE;

    /** {@return as it stands in reports} */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
