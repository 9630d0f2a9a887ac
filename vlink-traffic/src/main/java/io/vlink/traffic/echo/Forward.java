// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.echo;

import java.util.Locale;

/** What becomes of a packet (DPDK testpmd calls it {@code --forward-mode}). */
public enum Forward {
    /** It goes back with its MAC addresses swapped. */
    MACSWAP,
    /** It goes back as it is; not a byte of it is touched. */
    IO,
    /** It ends here: its buffer is given back. For one-way rates. */
    DROP;

    /** {@return as it is written on a command line} */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
