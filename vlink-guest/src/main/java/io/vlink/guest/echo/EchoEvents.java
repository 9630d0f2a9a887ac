// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.echo;

import io.vlink.guest.GuestLink;

/** Hears what happens to an echo besides packets. Called on the echo's thread; rare, so it may print. */
public interface EchoEvents {
    /**
     * Packets may flow.
     *
     * @param link the link
     */
    void linkUp(GuestLink link);

    /**
     * The host has gone, or starts anew; the echo waits for it.
     *
     * @param link the link
     */
    void linkDown(GuestLink link);

    /**
     * A channel rests until the link's next epoch, because the host's ring position was impossible.
     *
     * @param link    the link
     * @param channel data channel, from 1
     */
    void channelFault(GuestLink link, int channel);

    /**
     * The time for a report has come.
     *
     * @param totals counts since the start
     */
    void report(EchoTotals totals);
}
