// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

import io.vlink.traffic.frame.FrameFault;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What one worker has counted on one port. That worker's thread counts; {@link #shownSent} and {@link #shownReceived} are for
 * any, and lag by a burst. Counts can be added up once the workers have ended.
 */
final class TrafficCounts {
    private final long[] faults = new long[FrameFault.values().length];
    private final AtomicLong shownSent = new AtomicLong();
    private final AtomicLong shownReceived = new AtomicLong();
    private long sent;
    private long txDropped;
    private long received;
    private long duplicated;
    private long reordered;
    private long corrupt;
    private long unexpected;

    void countSent(int count) {
        sent += count;
    }

    void countTxDropped(int count) {
        txDropped += count;
    }

    void countReceived() {
        received++;
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

    void countUnexpected(int count) {
        unexpected += count;
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

    /** Adds other counts to these. */
    void add(TrafficCounts other) {
        sent += other.sent;
        txDropped += other.txDropped;
        received += other.received;
        duplicated += other.duplicated;
        reordered += other.reordered;
        corrupt += other.corrupt;
        unexpected += other.unexpected;
        for (int i = 0; i < faults.length; i++) {
            faults[i] += other.faults[i];
        }
    }

    /** {@return packets that the link took} */
    long sent() {
        return sent;
    }

    /** {@return packets that a full queue did not take, and that were given up} */
    long txDropped() {
        return txDropped;
    }

    long received() {
        return received;
    }

    /** {@return packets of ours that came back, changed or not} */
    long returned() {
        return received + corrupt;
    }

    /** {@return packets on their way; at the end: lost} */
    long outstanding() {
        return Math.max(0, sent - returned());
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

    /** {@return packets that came although nothing was expected back} */
    long unexpected() {
        return unexpected;
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

    /** {@return whether packets were sent, and each came back once, in order and as it was} */
    boolean isPerfect() {
        return sent > 0 && sent == received && duplicated + reordered + corrupt == 0;
    }
}
