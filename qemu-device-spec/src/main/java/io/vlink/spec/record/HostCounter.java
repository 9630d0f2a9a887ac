// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.record;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;

/**
 * The host's counters of a data channel in the link record, 64-bit each, in memory order; only the channel's driver writes
 * them (SPEC.md appendix A). Directions are the host's: {@code tx} is host to guest.
 */
public enum HostCounter {
    /** Packets put on the guest's {@code rx}. */
    TX_PACKETS("tx_packets"),
    /** Their bytes. */
    TX_BYTES("tx_bytes"),
    /** Packets that found the guest's {@code rx} full. */
    TX_FULL("tx_full"),
    /** Good packets taken from the guest's {@code tx}. */
    RX_PACKETS("rx_packets"),
    /** Their bytes. */
    RX_BYTES("rx_bytes"),
    /** Empty buffers put on {@code alloc}. */
    ALLOC_BUFFERS("alloc_buffers"),
    /** Good buffers taken from {@code free}. */
    FREE_BUFFERS("free_buffers"),
    /** Buffers taken back because their epoch ended. */
    RECLAIMED_BUFFERS("reclaimed_buffers"),
    /** Returned descriptors dropped: the address is in no page, or outside this link's pool. */
    DROP_BAD_ADDRESS("drop_bad_address"),
    /** Returned descriptors dropped: that buffer was not lent to this channel, or was returned already. */
    DROP_NOT_LENT("drop_not_lent"),
    /** Returned descriptors dropped: the generation is an older lending's. */
    DROP_STALE_GENERATION("drop_stale_generation"),
    /** Packets dropped: shorter than a header or past the end of the buffer. The buffer came back. */
    DROP_BAD_LENGTH("drop_bad_length"),
    /** Packets dropped: a flag without a meaning. The buffer came back. */
    DROP_BAD_FLAGS("drop_bad_flags"),
    /** 1 while the channel is quarantined until the link's next epoch, see {@link #QUARANTINE_REASON}. */
    QUARANTINED("quarantined"),
    /** Packets that the host's program gave up because the guest's {@code rx} was full. */
    TX_DROPPED("tx_dropped"),
    /** Packets taken from the guest's {@code tx} and dropped, for whatever reason. */
    RX_DROPPED("rx_dropped"),
    /** TX_PACKETS as it stood when the epoch began. */
    EPOCH_TX_PACKETS(TX_PACKETS),
    /** RX_PACKETS as it stood when the epoch began. */
    EPOCH_RX_PACKETS(RX_PACKETS),
    /** RX_DROPPED as it stood when the epoch began. */
    EPOCH_RX_DROPPED(RX_DROPPED),
    /** DROP_BAD_ADDRESS as it stood when the epoch began. */
    EPOCH_DROP_BAD_ADDRESS(DROP_BAD_ADDRESS),
    /** DROP_NOT_LENT as it stood when the epoch began. */
    EPOCH_DROP_NOT_LENT(DROP_NOT_LENT),
    /** DROP_STALE_GENERATION as it stood when the epoch began. */
    EPOCH_DROP_STALE_GENERATION(DROP_STALE_GENERATION),
    /** DROP_BAD_LENGTH as it stood when the epoch began. */
    EPOCH_DROP_BAD_LENGTH(DROP_BAD_LENGTH),
    /** DROP_BAD_FLAGS as it stood when the epoch began. */
    EPOCH_DROP_BAD_FLAGS(DROP_BAD_FLAGS),
    /** The epoch that those above are of, unsigned 32 bits: one that a driver has started may never begin. */
    EPOCH("epoch"),
    /** Why the channel is quarantined: a number of {@link QuarantineReason}. */
    QUARANTINE_REASON("quarantine_reason");

    private static final List<HostCounter> DROP_REASONS = List.copyOf(EnumSet.range(DROP_BAD_ADDRESS, DROP_BAD_FLAGS));

    private final String label;
    private final HostCounter counted;

    HostCounter(String label) {
        this.label = label;
        this.counted = this;
    }

    HostCounter(HostCounter counted) {
        this.label = "epoch_" + counted.label;
        this.counted = counted;
    }

    /** {@return every reason to drop what a guest returned, in memory order} */
    public static List<HostCounter> dropReasons() {
        return DROP_REASONS;
    }

    /** {@return the name in JSON and on screens} */
    public String label() {
        return label;
    }

    /** {@return the counter of which this one keeps what it was when the epoch began; itself, if it keeps none} */
    public HostCounter counted() {
        return counted;
    }

    /**
     * The counter that keeps what this one was when the epoch began.
     *
     * @return that counter
     * @throws java.util.NoSuchElementException if none does
     */
    public HostCounter atEpochStart() {
        return Arrays.stream(values()).filter(other -> other.counted == this && other != this).findFirst()
                .orElseThrow();
    }

    /**
     * Place of the counter.
     *
     * @param countersOffset the record's {@link LinkRecordLayout#COUNTERS_OFFSET} value
     * @param queue          data channel, from 0
     * @return bytes from the start of the record
     */
    public long offset(long countersOffset, int queue) {
        return countersOffset + ((long) queue * LinkRecordLayout.COUNTERS_PER_CHANNEL + ordinal()) * 8;
    }
}
