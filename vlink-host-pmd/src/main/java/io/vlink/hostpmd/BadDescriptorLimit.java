// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.spec.pci.Limits;

/**
 * How many bad descriptors a guest may return before its channel is quarantined: {@link Limits#MAX_BAD_DESCRIPTORS} among
 * {@link Limits#BAD_DESCRIPTOR_WINDOW}. A good one costs nothing here, as windows begin where the ring's position says. One
 * thread.
 */
final class BadDescriptorLimit {
    private long windowStart;
    private int bad;

    /** Begins again, at position 0 of a new epoch. */
    void reset() {
        windowStart = 0;
        bad = 0;
    }

    /**
     * Notes a bad descriptor.
     *
     * @param position descriptors taken in this epoch, about
     * @return whether there have been too many
     */
    boolean isExceededAt(long position) {
        if (position - windowStart >= Limits.BAD_DESCRIPTOR_WINDOW) {
            windowStart = position;
            bad = 0;
        }
        return ++bad > Limits.MAX_BAD_DESCRIPTORS;
    }
}
