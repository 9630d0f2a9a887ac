// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import io.vlink.spec.channel.Descriptor;

/**
 * Packets that come again and again in the same order, at the same places and with the same lengths, as they do where a window of
 * them goes round between two programs. What is the same as a packet that was in order a lap ago is in order: a whole burst is
 * compared in one go, and no packet is measured. Generations are not compared, as a guest does not check them. One thread: the
 * one that polls the queue.
 */
final class FrameLap {
    private static final int WORDS = DescriptorBatch.WORDS;
    /** Shorter bursts are measured about as fast as they are compared. */
    private static final int SHORTEST_BURST = 8;
    /** Packets one at a time in a row, after which a lap is forgotten: there is a shorter way for them. */
    private static final int MOST_LONE_PACKETS = 64;
    /** Longer bursts are measured, and end the lap. */
    private static final int LONGEST_BURST = 256;
    /** What is compared of each word: a descriptor's address, and all but the generation of its meta word. */
    private static final long[] COMPARED = new long[LONGEST_BURST * WORDS];

    static {
        for (int i = 0; i < COMPARED.length; i += WORDS) {
            COMPARED[i] = -1;
            COMPARED[i + 1] = ~Descriptor.GENERATION_MASK;
        }
    }

    /** As {@link PacketBurst#words}; generations are of no meaning. */
    private final long[] words;
    /** Bytes of the lap's packets before each, and at last of all. */
    private final long[] bytesBefore;
    /** Packets of the lap, or of its beginning while its end is looked for. */
    private int length;
    private boolean complete;
    /** Which one comes next. */
    private int next;
    private long laps;
    private int lonePackets;
    /** Before a lap is looked for again. */
    private final BackOff backOff = new BackOff(BackOff.SHORTEST);
    private long bytes;

    /**
     * Of no packets yet.
     *
     * @param capacity packets of the longest lap that is noticed
     */
    FrameLap(int capacity) {
        words = new long[capacity * WORDS];
        bytesBefore = new long[capacity + 1];
    }

    /** {@return bytes of the packets that {@link #isNext} has compared last} */
    long bytes() {
        return bytes;
    }

    /** {@return whether there is a lap, or the beginning of one} */
    boolean isNoted() {
        return length > 0;
    }

    /** {@return whether packets are compared with those of a lap ago} */
    boolean isComplete() {
        return complete;
    }

    /** Whether copies are what came a lap ago, but for their generations; then the next ones are those behind them. */
    boolean isNext(long[] copies, int from, int count) {
        if (!complete || count > length || count > LONGEST_BURST) {
            return false;
        }
        int toEnd = Math.min(count, length - next);
        long different = different(copies, from, words, next, toEnd);
        if (toEnd < count) {
            different |= different(copies, from + toEnd, words, 0, count - toEnd);
        }
        lonePackets = count == 1 ? lonePackets + 1 : 0;
        if (different != 0 || lonePackets > MOST_LONE_PACKETS) {
            return false;
        }
        long before = bytesBefore[next];
        next += count;
        bytes = 0;
        if (next >= length) {
            bytes = bytesBefore[length];
            next -= length;
            laps++;
        }
        bytes += bytesBefore[next] - before;
        return true;
    }

    /** In a form that the compiler turns into wide instructions: some 5 for a packet, where measuring it takes 17. */
    private static long different(long[] copies, int from, long[] lap, int first, int count) {
        int copy = from * WORDS;
        int place = first * WORDS;
        long[] compared = COMPARED;
        long different = 0;
        for (int i = 0; i < count * WORDS; i++) {
            different |= (copies[copy + i] ^ lap[place + i]) & compared[i];
        }
        return different;
    }

    /** Takes note of packets that are in order, and are not known to be what came a lap ago. */
    void see(long[] packets, int from, int count) {
        if (complete) {
            forget();
        }
        if (backOff.isOver() && (count >= SHORTEST_BURST || length > 0)) {
            look(packets, from, count);
        }
    }

    private void look(long[] packets, int from, int count) {
        for (int i = 0; i < count; i++) {
            int at = (from + i) * WORDS;
            if (length > 0 && packets[at] == words[0]) {
                next = count - i;
                complete = next <= length;
                if (!complete) {
                    forget();
                } else if (next == length) {
                    next = 0;
                }
                return;
            }
            if (length == bytesBefore.length - 1) {
                forget();
                return;
            }
            words[length * WORDS] = packets[at];
            words[length * WORDS + 1] = packets[at + 1];
            bytesBefore[length + 1] = bytesBefore[length] + Descriptor.lengthAndFlags(packets[at + 1]);
            length++;
        }
    }

    private void forget() {
        backOff.begin(laps);
        laps = 0;
        lonePackets = 0;
        length = 0;
        complete = false;
    }
}
