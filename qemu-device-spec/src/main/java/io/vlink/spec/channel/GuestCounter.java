// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.channel;

/**
 * The guest's counters of a data channel, 64-bit each, in memory order, counted from zero in each epoch. Only the guest writes
 * them, and the host shows them as the guest's word, never believes them (SPEC.md section 8).
 */
public enum GuestCounter {
    /** Packets taken from {@code rx}. */
    RX_PACKETS,
    /** Their bytes. */
    RX_BYTES,
    /** Packets put on {@code tx}. */
    TX_PACKETS,
    /** Their bytes. */
    TX_BYTES,
    /** Buffers taken from {@code alloc}. */
    ALLOC_BUFFERS,
    /** Buffers put on {@code free}. */
    FREE_BUFFERS,
    /** Packets from the host with a descriptor that failed a check; a chain counts once. */
    RX_BAD_DESCRIPTORS,
    /** Packets that found {@code tx} full. */
    TX_FULL,
    /** Packets that the guest's program gave up because {@code tx} was full. */
    TX_DROPPED;

    /** {@return bytes from the start of the data channel} */
    public long offset() {
        return DataChannelLayout.GUEST_COUNTERS_OFFSET + ordinal() * 8L;
    }
}
