// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import io.vlink.infra.pool.BufferLedger;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.record.LedgerEntry;
import java.util.Arrays;

/**
 * What a channel has lent and not got back, in the order of lending. Most guests return packets in just that order, and most
 * programs that get a burst back send it out again. Then one comparison of a whole run with what came back says all that the
 * ledger would, word by word: place, length, flags, owner and generation are those of the lending (ADR 9).
 *
 * <p>Buffers that go round so are in the ledger as lent all the time, in the generation that they had when that began. Whoever
 * asks the ledger for one of them calls {@link #settle} first, if the program may have it, or {@link #close}, if the guest may.
 *
 * <p>The log is first open, and the ledger knows all of it; what comes back goes through the ledger. Once its first entry is the
 * next to come back, and the ledger has all entries as lent, it is in step: from then on every entry is out, as what comes back
 * goes through the log, or closes it. One thread: the worker of the channel.
 */
final class LoanLog {
    private static final int WORDS = DescriptorBatch.WORDS;
    /** Shorter bursts cost less with the ledger than comparing them does. */
    private static final int SHORTEST_BURST = 8;
    /** Entries that there is room for at first: the log of many links shall fit the nearest cache. */
    private static final int FEWEST_ENTRIES = 64;
    /** A quarter of the generations: twice as many returns must not bring an entry's generation back. */
    private static final int MOST_ENTRIES = 1 << 14;
    /** Bursts in a row that came back through the log and were not sent out again, after which it is no use. */
    private static final int MOST_UNSENT = 8;

    private final BufferLedger ledger;
    private final FrameBounds bounds;
    /** As {@link PacketBurst#words}. */
    private final long[] words;
    private int mask;
    /**
     * At the place of a burst's last loan: the number of the loan behind it, and the bytes of all loans before that one. What
     * stands at other places has other numbers.
     */
    private final long[] ends;
    /** Bytes of all loans that were noted, and of those of them that have come back. */
    private long bytesLent;
    private long bytesReturned;
    /** Number of the next loan that is to come back, and of the next one to be lent; those between are out. */
    private long returned;
    private long lent;
    /** The first one since the log was opened. */
    private long opened;
    private boolean open;
    /** Whether every entry is out, and what comes back is compared with the next one. */
    private boolean inStep;
    /** Whether there are entries of which the ledger has an earlier generation. */
    private boolean ahead;
    /** Descriptors that have come back before the first entry, and after how many of them it is not waited for any more. */
    private int older;
    private final int mostOlder;
    /** What came back last and is the program's, which the ledger does not know; or null. */
    private PacketBurst run;
    private int runLength;
    private int unsentRuns;
    /** Before the log is opened again. */
    private final BackOff backOff;
    /** Of the packets that were taken back last. */
    private long bytes;

    /**
     * A closed log.
     *
     * @param ledger       the link's
     * @param bounds       of the link's packets
     * @param capacity     loans that it can hold, a power of two up to {@value #MOST_ENTRIES}
     * @param shortestWait bursts that it is not opened again for, if it was of use
     */
    LoanLog(BufferLedger ledger, FrameBounds bounds, int capacity, int shortestWait) {
        if (capacity < 1 || capacity > MOST_ENTRIES || Integer.bitCount(capacity) != 1) {
            throw new IllegalArgumentException(
                    "capacity must be a power of two up to " + MOST_ENTRIES + ": capacity=" + capacity);
        }
        this.ledger = ledger;
        this.bounds = bounds;
        this.words = new long[capacity * WORDS];
        this.ends = new long[words.length];
        this.mostOlder = 2 * capacity;
        this.backOff = new BackOff(shortestWait);
    }

    /** {@return whether what is lent is noted} */
    boolean isOpen() {
        return open;
    }

    /** {@return whether what comes back is compared} */
    boolean isInStep() {
        return inStep;
    }

    /** {@return bytes of the packets that {@link #takeBack} has let through last} */
    long bytes() {
        return bytes;
    }

    /** Opens the log before a burst is lent that is as it came back, if that is likely to be of use. */
    void openFor(int count) {
        if (backOff.isOver() && count >= SHORTEST_BURST) {
            mask = Math.min(FEWEST_ENTRIES, words.length / WORDS) - 1;
            opened = lent;
            returned = lent;
            bytesReturned = bytesLent;
            older = 0;
            unsentRuns = 0;
            open = true;
        }
    }

    /**
     * How many of the copies behind a burst's packets came back before the first loan of the log. They are the ledger's.
     *
     * @return 0 to their count; 0 from the first time on
     */
    int olderThanLog(UncheckedDescriptors copies, long borrower) {
        if (inStep) {
            return 0;
        }
        int count = copies.count();
        int before = 0;
        while (before < count && (returned == lent || copies.address(before) != words[place(returned)])) {
            before++;
        }
        older += before;
        // Only once all that came before has been through the ledger: it may have been an entry of the log.
        if (before == 0 && isAllOut(borrower)) {
            inStep = true;
        } else if (before == 0 || older > mostOlder) {
            close(borrower);
        }
        return before;
    }

    /**
     * Whether the ledger has every entry as lent: one may have come back before the first. It cannot have been lent again in the
     * same generation since, as too few descriptors have come back for that.
     */
    private boolean isAllOut(long borrower) {
        for (long i = returned; i < lent; i++) {
            if (!ledger.isLent(bounds.bufferOf(words[place(i)]), borrower, words[place(i) + 1])) {
                return false;
            }
        }
        return true;
    }

    /**
     * Makes packets of those copies behind a burst's packets that are what is to come back next.
     *
     * @param into its packets are the program's from now on
     * @return how many, from the first on
     */
    int takeBack(PacketBurst into) {
        settle();
        UncheckedDescriptors copies = into.unchecked();
        int from = into.count;
        int most = (int) Math.min(copies.count(), lent - returned);
        int first = (int) returned & mask;
        int toEnd = Math.min(most, mask + 1 - first);
        int same = same(into.words, from, first, toEnd);
        if (same == toEnd && toEnd < most) {
            same += same(into.words, from + toEnd, 0, most - toEnd);
        }
        if (same > 0) {
            returned += same;
            bytes = bytesOf(into.words, from, from + same);
            bytesReturned += bytes;
            into.count = from + same;
            run = into;
            runLength = same;
        }
        if (from > 0) {
            settle(); // a burst that is more than the run; as many of its packets may have passed an earlier check
        }
        return same;
    }

    private int same(long[] copies, int from, int entry, int count) {
        int different = Arrays.mismatch(copies, from * WORDS, (from + count) * WORDS, words, entry * WORDS,
                (entry + count) * WORDS);
        return different < 0 ? count : different / WORDS;
    }

    /** Bytes of what has just come back; most of it ends where a burst did that was lent. */
    private long bytesOf(long[] descriptors, int from, int to) {
        int last = place(returned - 1);
        if (ends[last] == returned) {
            return ends[last + 1] - bytesReturned;
        }
        long sum = 0;
        for (int at = from * WORDS + 1; at < to * WORDS; at += WORDS) {
            sum += Descriptor.lengthAndFlags(descriptors[at]);
        }
        return sum;
    }

    /**
     * Lends the run again, if a burst is just that.
     *
     * @param packets their meta words get their generation
     * @param count   how many are to be lent, from the first on
     * @return whether they are lent; if not, the ledger has to be asked, and knows of the run
     */
    boolean lendRun(PacketBurst packets, int count) {
        if (run != packets || count != runLength || packets.count != count || packets.passed(bounds) != count
                || !makeRoom(count)) {
            settle();
            return false;
        }
        run = null;
        unsentRuns = 0;
        ahead = true;
        long[] descriptors = packets.words;
        for (int at = 1; at < count * WORDS; at += WORDS) {
            descriptors[at] += LedgerEntry.NEXT_GENERATION;
        }
        append(descriptors, count, packets.bytes(count));
        return true;
    }

    /** Notes packets that the ledger has as lent: the first ones of a burst, and their bytes together. */
    void note(PacketBurst packets, int count, long length, long borrower) {
        if (makeRoom(count)) {
            append(packets.words, count, length);
        } else {
            close(borrower);
        }
    }

    private void append(long[] descriptors, int count, long length) {
        int first = (int) lent & mask;
        int toEnd = Math.min(count, mask + 1 - first);
        System.arraycopy(descriptors, 0, words, first * WORDS, toEnd * WORDS);
        if (toEnd < count) {
            System.arraycopy(descriptors, toEnd * WORDS, words, 0, (count - toEnd) * WORDS);
        }
        lent += count;
        bytesLent += length;
        int last = place(lent - 1);
        ends[last] = lent;
        ends[last + 1] = bytesLent;
    }

    /** Takes more of the room into use if it has to; false if there is no more. */
    private boolean makeRoom(int count) {
        while (lent - returned + count > mask + 1) {
            int length = (mask + 1) * WORDS;
            if (length == words.length) {
                return false;
            }
            System.arraycopy(words, 0, words, length, length); // each entry is at its new place, and at another one
            mask = 2 * mask + 1;
        }
        return true;
    }

    private int place(long entry) {
        return ((int) entry & mask) * WORDS;
    }

    /** Has the ledger know of what came back last: the program does something else with it than to send it out again. */
    void settle() {
        if (run != null) {
            run = null;
            for (long i = returned - runLength; i < returned; i++) {
                ledger.noteReturned(bounds.bufferOf(words[place(i)]), words[place(i) + 1]);
            }
            unsentRuns++;
        }
    }

    /** {@return whether the log is no use: the program keeps what comes back, or packets go one by one} */
    boolean isUnused() {
        return unsentRuns > MOST_UNSENT || lent - returned == 1;
    }

    /** Before the ledger is asked for a descriptor that came back: it knows of all entries only until the log is in step. */
    void beforeLedger(long borrower) {
        if (inStep || (open && ++older > mostOlder)) {
            close(borrower);
        }
    }

    /** Has the ledger know of everything, and notes nothing for a while. */
    void close(long borrower) {
        settle();
        for (long i = returned; ahead && i < lent; i++) {
            ledger.noteLent(bounds.bufferOf(words[place(i)]), borrower, words[place(i) + 1]);
        }
        backOff.begin((returned - opened) / (mask + 1));
        ahead = false;
        inStep = false;
        open = false;
    }
}
