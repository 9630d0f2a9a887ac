// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import java.util.Locale;

/** How a port shows the data channels of its link. */
public enum LinkMode {
    /** One queue; packets are spread over the channels by flow. */
    BOND,
    /** One queue for each data channel. */
    MQ;

    /** {@return the name in a vdev string} */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
