// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import io.vlink.traffic.frame.FrameFault;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/**
 * What the generator has counted. One thread counts; {@link #shownSent} and {@link #shownReceived} are for any, and lag by a
 * burst.
 */
final class TrafficCounts {
    private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final int DIGITS = 3;

    private final Histogram roundTrips = new Histogram(LONGEST_NANOS, DIGITS);
    private final long[] faults = new long[FrameFault.values().length];
    private final AtomicLong shownSent = new AtomicLong();
    private final AtomicLong shownReceived = new AtomicLong();
    private long sent;
    private long received;
    private long duplicated;
    private long reordered;
    private long corrupt;

    void countSent(int count) {
        sent += count;
    }

    void countReceived(long roundTripNanos) {
        received++;
        roundTrips.recordValue(Math.min(roundTripNanos, LONGEST_NANOS));
    }

    void countReordered() {
        reordered++;
    }

    void countDuplicated() {
        duplicated++;
    }

    void countCorrupt(FrameFault fault) {
        corrupt++;
        faults[fault.ordinal()]++;
    }

    /** Lets other threads see the counts; cheap enough for once a burst. */
    void show() {
        shownSent.lazySet(sent);
        shownReceived.lazySet(received);
    }

    long shownSent() {
        return shownSent.get();
    }

    long shownReceived() {
        return shownReceived.get();
    }

    long sent() {
        return sent;
    }

    long received() {
        return received;
    }

    /** {@return packets on their way; at the end: lost} */
    long outstanding() {
        return Math.max(0, sent - received - corrupt);
    }

    long reordered() {
        return reordered;
    }

    long corrupt() {
        return corrupt;
    }

    long duplicated() {
        return duplicated;
    }

    /** {@return faults that were found, with their numbers} */
    Map<String, Long> faults() {
        Map<String, Long> found = new LinkedHashMap<>();
        for (FrameFault fault : FrameFault.values()) {
            if (faults[fault.ordinal()] > 0) {
                found.put(fault.label(), faults[fault.ordinal()]);
            }
        }
        return found;
    }

    Histogram roundTrips() {
        return roundTrips;
    }

    /** {@return whether packets were sent, and each came back once, in order and as it was} */
    boolean isPerfect() {
        return sent > 0 && sent == received && duplicated + reordered + corrupt == 0;
    }
}
