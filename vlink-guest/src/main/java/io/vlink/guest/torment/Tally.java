// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.torment;

import java.util.Locale;

/** What has been done so far, by kind. One thread; a helper thread's counts are added when it has ended. */
public final class Tally {
    private final long[] counts = new long[Count.values().length];

    /** What is counted. */
    public enum Count {
        /** Attacks begun. */
        ROUNDS,
        /** Epochs that the host agreed to. */
        EPOCHS,
        /** Hostile descriptors that the host was shown. */
        DESCRIPTORS,
        /** Good descriptors in between. */
        GOOD_DESCRIPTORS,
        /** Positions that were shown, apart from those that go with descriptors. */
        POSITIONS,
        /** Lane words. */
        LANE_WORDS,
        /** Other words of channel memory. */
        SHARED_WORDS,
        /** Words of packets that were changed after the host had got them. */
        PAYLOAD_WORDS,
        /** Reads of registers and regions. */
        REGISTER_READS,
        /** Writes of registers and regions. */
        REGISTER_WRITES,
        /** Of both, those that the device refused. */
        REFUSED,
        /** Device resets. */
        RESETS,
        /** Times that the link was found to work again. */
        RECOVERIES;

        /** {@return the name in JSON and on screens} */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Nothing yet. */
    Tally() {
    }

    /** Adds to a count. */
    void add(Count count, long more) {
        counts[count.ordinal()] += more;
    }

    /**
     * A count.
     *
     * @param count which
     * @return its value
     */
    public long of(Count count) {
        return counts[count.ordinal()];
    }

    /**
     * All that was done but rounds, good descriptors, epochs and recoveries. Most of it are words of shared memory that a second
     * thread has flipped, of which the host need not have seen every one.
     *
     * @return hostile acts of every kind
     */
    public long hostile() {
        return descriptorsAndMessages() + of(Count.POSITIONS) + of(Count.LANE_WORDS) + of(Count.SHARED_WORDS)
                + of(Count.PAYLOAD_WORDS);
    }

    /** {@return hostile descriptors, and messages to the device: register accesses and resets; no words of shared memory} */
    public long descriptorsAndMessages() {
        return of(Count.DESCRIPTORS) + of(Count.REGISTER_READS) + of(Count.REGISTER_WRITES) + of(Count.RESETS);
    }
}
