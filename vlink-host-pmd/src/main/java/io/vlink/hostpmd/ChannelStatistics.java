// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.port.PortStatistics;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.record.HostCounter;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** A snapshot of the counters of a link, per data channel. Counters run while it is taken. Immutable. */
public final class ChannelStatistics {
    private static final String DROP_PREFIX = "drop_";

    private static final Set<HostCounter> STATES = EnumSet.of(HostCounter.QUARANTINED, HostCounter.QUARANTINE_REASON,
            HostCounter.EPOCH);

    private final long[][] values;

    private ChannelStatistics(long[][] values) {
        this.values = values;
    }

    static ChannelStatistics read(MemorySegment record, long countersOffset, int channels) {
        long[][] values = new long[channels][HostCounter.values().length];
        for (int channel = 0; channel < channels; channel++) {
            for (HostCounter counter : HostCounter.values()) {
                values[channel][counter.ordinal()] = (long) SharedWord.LONG_HANDLE.getOpaque(record,
                        counter.offset(countersOffset, channel));
            }
        }
        return new ChannelStatistics(values);
    }

    /** {@return data channels} */
    public int channels() {
        return values.length;
    }

    /**
     * A counter of a channel.
     *
     * @param channel data channel, from 0
     * @param counter which
     * @return its value
     */
    public long value(int channel, HostCounter counter) {
        return values[channel][counter.ordinal()];
    }

    /**
     * A counter, summed over the channels.
     *
     * @param counter which
     * @return the sum
     */
    public long total(HostCounter counter) {
        long total = 0;
        for (long[] channel : values) {
            total += channel[counter.ordinal()];
        }
        return total;
    }

    /** {@return every reason to drop what a guest returned, in the record's order, with its count over all channels} */
    public Map<String, Long> drops() {
        Map<String, Long> drops = new LinkedHashMap<>();
        HostCounter.dropReasons()
                .forEach(reason -> drops.put(reason.label().substring(DROP_PREFIX.length()), total(reason)));
        return drops;
    }

    /** {@return these counters as both sides' programs know them} */
    PortStatistics toPortStatistics() {
        Map<String, Long> drops = new LinkedHashMap<>(drops());
        drops.put(HostCounter.TX_DROPPED.label(), total(HostCounter.TX_DROPPED));
        return new PortStatistics(total(HostCounter.RX_PACKETS), total(HostCounter.RX_BYTES),
                total(HostCounter.TX_PACKETS), total(HostCounter.TX_BYTES), total(HostCounter.ALLOC_BUFFERS),
                total(HostCounter.FREE_BUFFERS), total(HostCounter.TX_FULL), drops);
    }

    /**
     * What happened since an earlier snapshot of the same link. {@link HostCounter#QUARANTINED}, its
     * reason and {@link HostCounter#EPOCH} are states, so they stay what they are now.
     *
     * @param earlier the earlier snapshot
     * @return the differences
     */
    public ChannelStatistics since(ChannelStatistics earlier) {
        long[][] differences = new long[values.length][HostCounter.values().length];
        for (int channel = 0; channel < values.length; channel++) {
            for (HostCounter counter : HostCounter.values()) {
                int i = counter.ordinal();
                long before = STATES.contains(counter) ? 0 : earlier.values[channel][i];
                differences[channel][i] = values[channel][i] - before;
            }
        }
        return new ChannelStatistics(differences);
    }
}
