// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import io.vlink.infra.os.Prefetch;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import java.lang.foreign.MemorySegment;

/**
 * The slots of a ring, by position. Descriptors are copied in runs with the widest loads and stores that the processor has: a
 * store of half a cache line waits for the other side's processor as long as one of 8 bytes does, and a processor can have only
 * so many of them waiting. One thread.
 */
final class RingSlots {
    /** Descriptors that are worth the call that asks for their lines: two lines. */
    static final int WORTH_PREFETCHING = 8;

    /** Up to this many words a loop is faster than the call of a copying routine. */
    private static final int FEW_WORDS = 16;

    private static final int SLOTS_PER_LINE = Prefetch.LINE_BYTES / (int) Descriptor.BYTES;

    private final MemorySegment ring;
    private final int queueSize;
    /** For prefetches only, which need no memory that is there. */
    private final long address;

    RingSlots(MemorySegment ring, int queueSize) {
        this.ring = ring;
        this.queueSize = queueSize;
        this.address = ring.address();
    }

    private long place(long position) {
        return RingLayout.offsetOf(RingLayout.slot(position, queueSize));
    }

    /** Descriptors that stand one behind the other from a slot on, of so many. */
    private int run(int slot, int left) {
        return Math.min(left, RingLayout.slotsToEndOfBlock(slot, queueSize));
    }

    long address(long position) {
        return ring.get(SharedWord.LONG, place(position) + Descriptor.ADDRESS_OFFSET);
    }

    long meta(long position) {
        return ring.get(SharedWord.LONG, place(position) + Descriptor.META_OFFSET);
    }

    void write(long position, long address, long meta) {
        long place = place(position);
        ring.set(SharedWord.LONG, place + Descriptor.ADDRESS_OFFSET, address);
        ring.set(SharedWord.LONG, place + Descriptor.META_OFFSET, meta);
    }

    /** Asks for the lines of the producer position, and of the slots of positions that follow each other, to be read. */
    void prefetchWithProducer(long position, int count) {
        Prefetch.toRead(address + RingLayout.PRODUCER_OFFSET, 1);
        prefetch(position, count);
    }

    /** Asks for the cache lines of the slots of positions that follow each other, to be read. */
    void prefetch(long position, int count) {
        int run;
        for (int done = 0; done < count; done += run) {
            int slot = RingLayout.slot(position + done, queueSize);
            run = run(slot, count - done);
            Prefetch.toRead(address + RingLayout.offsetOf(slot), lines(slot, run));
        }
    }

    /** The same for lines that are going to be written. */
    void prefetchToWrite(long position, int count) {
        int run;
        for (int done = 0; done < count; done += run) {
            int slot = RingLayout.slot(position + done, queueSize);
            run = run(slot, count - done);
            Prefetch.toWrite(address + RingLayout.offsetOf(slot), lines(slot, run));
        }
    }

    /** Cache lines that slots stand in; the first slot of a ring begins a line. */
    static int lines(int slot, int count) {
        return count == 0 ? 0 : (slot + count - 1) / SLOTS_PER_LINE - slot / SLOTS_PER_LINE + 1;
    }

    /** Copies the descriptors of positions that follow each other out of their slots; each word is read once. */
    void read(long position, long[] words, int index, int count) {
        int run;
        for (int done = 0; done < count; done += run) {
            int slot = RingLayout.slot(position + done, queueSize);
            run = run(slot, count - done);
            readRun(RingLayout.offsetOf(slot), words, (index + done) * DescriptorBatch.WORDS,
                    run * DescriptorBatch.WORDS);
        }
    }

    private void readRun(long from, long[] words, int to, int length) {
        if (length > FEW_WORDS) {
            MemorySegment.copy(ring, SharedWord.LONG, from, words, to, length);
            return;
        }
        for (int i = 0; i < length; i++) {
            words[to + i] = ring.get(SharedWord.LONG, from + (long) i * Long.BYTES);
        }
    }

    /** Copies descriptors, from the first one on, into the slots of positions that follow each other. */
    void write(long position, long[] words, int count) {
        int run;
        for (int done = 0; done < count; done += run) {
            int slot = RingLayout.slot(position + done, queueSize);
            run = run(slot, count - done);
            writeRun(words, done * DescriptorBatch.WORDS, RingLayout.offsetOf(slot), run * DescriptorBatch.WORDS);
        }
    }

    private void writeRun(long[] words, int from, long to, int length) {
        if (length > FEW_WORDS) {
            MemorySegment.copy(words, from, ring, SharedWord.LONG, to, length);
            return;
        }
        for (int i = 0; i < length; i++) {
            ring.set(SharedWord.LONG, to + (long) i * Long.BYTES, words[from + i]);
        }
    }
}
