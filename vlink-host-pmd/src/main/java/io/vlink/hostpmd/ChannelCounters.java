// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.record.HostCounter;
import io.vlink.spec.record.QuarantineReason;
import java.lang.foreign.MemorySegment;

/**
 * The counters of a data channel: counted in private memory, copied to the link record once a burst, where the agent and
 * statistics read them. They go on from what the record says, because they outlive a driver. One thread counts.
 */
final class ChannelCounters {
    private static final HostCounter[] ALL = HostCounter.values();

    private final MemorySegment record;
    private final long firstOffset;
    private final long[] values = new long[ALL.length];
    /** One bit for each counter that has changed since it was published; there are fewer than 32. */
    private int changed;

    /**
     * The counters of a channel.
     *
     * @param record         the link record
     * @param countersOffset place of all counters in it
     * @param channel        data channel, from 0
     */
    ChannelCounters(MemorySegment record, long countersOffset, int channel) {
        this.record = record;
        this.firstOffset = ALL[0].offset(countersOffset, channel);
        for (int i = 0; i < values.length; i++) {
            values[i] = record.get(SharedWord.LONG, firstOffset + i * 8L);
        }
    }

    /** Adds to a counter; seen by others from the next {@link #publish} on. */
    void add(HostCounter counter, long count) {
        if (count != 0) {
            values[counter.ordinal()] += count;
            changed |= 1 << counter.ordinal();
        }
    }

    /** Sets a counter that is a state. */
    void set(HostCounter counter, long value) {
        values[counter.ordinal()] = value;
        changed |= 1 << counter.ordinal();
    }

    /** Notes where packets and drops stand, so that the new epoch's own numbers can be told (SPEC.md appendix A). */
    void startEpoch(int epoch) {
        for (HostCounter counter : ALL) {
            if (counter.counted() != counter) {
                set(counter, values[counter.counted().ordinal()]);
            }
        }
        set(HostCounter.EPOCH, Integer.toUnsignedLong(epoch));
        set(HostCounter.QUARANTINED, 0);
        set(HostCounter.QUARANTINE_REASON, QuarantineReason.NONE.code());
    }

    /** Writes what has changed to the record. */
    void publish() {
        for (int left = changed; left != 0; left &= left - 1) {
            int i = Integer.numberOfTrailingZeros(left);
            SharedWord.LONG_HANDLE.setOpaque(record, firstOffset + i * 8L, values[i]);
        }
        changed = 0;
    }
}
