// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

/**
 * Which packets of a stream are on their way: gives out sequence numbers, and tells for each that comes back whether it is the
 * next, late, or one too many. One thread.
 */
final class StreamState {
    /** What the sequence number of a returned packet says. */
    enum Arrival {
        /** It was on its way, and nothing that was sent after it has come back before. */
        IN_ORDER,
        /** It was on its way, but a packet that was sent after it was faster. */
        REORDERED,
        /** It has come back before. */
        DUPLICATE,
        /** That number has not been sent. */
        NEVER_SENT
    }

    /** Sequence numbers that are remembered; a window of packets is far smaller. */
    private static final int REMEMBERED = 1 << 18;
    private static final int WORD_BITS = 6;

    private final long[] outstanding = new long[REMEMBERED >> WORD_BITS];
    private long next;
    private long highestReturned = -1;

    /** {@return the sequence number of the next packet to send} */
    long next() {
        return next;
    }

    /** {@return packets that were sent and have not come back; walks all that is remembered} */
    int inFlight() {
        int count = 0;
        for (long word : outstanding) {
            count += Long.bitCount(word);
        }
        return count;
    }

    /** Notes that packets were sent, with the next sequence numbers. */
    void sent(int count) {
        for (int i = 0; i < count; i++) {
            outstanding[word(next)] |= bit(next);
            next++;
        }
    }

    /** Notes that a packet came back. */
    Arrival returned(long sequence) {
        if (sequence < 0 || sequence >= next) {
            return Arrival.NEVER_SENT;
        }
        // A number that is no longer remembered was written off as lost; whatever comes now is one too many.
        if (sequence < next - REMEMBERED || (outstanding[word(sequence)] & bit(sequence)) == 0) {
            return Arrival.DUPLICATE;
        }
        outstanding[word(sequence)] &= ~bit(sequence);
        if (sequence < highestReturned) {
            return Arrival.REORDERED;
        }
        highestReturned = sequence;
        return Arrival.IN_ORDER;
    }

    private static int word(long sequence) {
        return (int) (sequence & REMEMBERED - 1) >> WORD_BITS;
    }

    private static long bit(long sequence) {
        return 1L << sequence;
    }
}
