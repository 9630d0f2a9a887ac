// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import io.vlink.infra.os.Prefetch;
import io.vlink.spec.channel.Descriptor;
import java.lang.foreign.MemorySegment;

/**
 * Packets, or empty buffers, that have passed every check: each lies wholly inside the region. Filled by a receive or an
 * allocation, emptied by a transmit or a free. What comes off a ring gets in here only through {@link LoanCheck} or
 * {@link RegionCheck}. Allocate once, use again. One thread at a time.
 */
public final class PacketBurst {
    /** Words of a packet. */
    static final int WORDS = DescriptorBatch.WORDS;

    /** Two words for each packet, one after the other as a descriptor has them: offset, then meta word. */
    final long[] words;
    /** The same words. */
    private final MemorySegment memory;
    /** Packets in use, from index 0. Only a check may raise it over what lies behind them. */
    int count;
    private int hidden;
    private int hiddenFrom;
    private final UncheckedDescriptors unchecked;
    /** What the first {@link #passed} packets are known to be within: nobody has changed them since a check let them through. */
    private FrameBounds bounds;
    private int passed;
    private long passedBytes;

    /**
     * An empty burst.
     *
     * @param capacity packets that it has room for
     */
    public PacketBurst(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity must be positive: capacity=" + capacity);
        }
        words = new long[capacity * WORDS];
        memory = MemorySegment.ofArray(words).asReadOnly();
        unchecked = new UncheckedDescriptors(this);
    }

    /** The words of {@link #words}, read-only. */
    MemorySegment memory() {
        return memory;
    }

    /** {@return packets in use, which have the indexes from 0 on} */
    public int count() {
        return count;
    }

    /** {@return whether there is none} */
    public boolean isEmpty() {
        return count == 0;
    }

    /** Forgets all packets, the hidden ones, too. */
    public void clear() {
        count = 0;
        hidden = 0;
        passed = 0;
    }

    /**
     * Forgets the last packets.
     *
     * @param most packets to keep, from the first on, 0 or more; nothing happens if there are no more than these
     */
    public void truncate(int most) {
        count = Math.min(count, Math.max(0, most));
        passed = 0;
    }

    /**
     * Hides all packets but the first ones, so that only these are sent; until {@link #reveal}, the burst receives none.
     *
     * @param first packets that stay, 0 to {@link #count}
     */
    public void hideAllAfter(int first) {
        if (first < 0 || first > count) {
            throw outside(first);
        }
        hiddenFrom = first;
        hidden = count - first;
        count = first;
        passed = 0;
    }

    /** Shows the hidden packets again, behind those that are left of the others. */
    public void reveal() {
        System.arraycopy(words, hiddenFrom * WORDS, words, count * WORDS, hidden * WORDS);
        count += hidden;
        hidden = 0;
    }

    /** Notes that a check has let the packets from one index on through, up to the count, with so many bytes together. */
    void pass(FrameBounds within, int from, long bytes) {
        if (from == 0) {
            bounds = within;
            passed = count;
            passedBytes = bytes;
        } else if (bounds == within && passed == from) {
            passed = count;
            passedBytes += bytes;
        }
    }

    /** {@return how many packets, from the first on, are just as a check against these bounds has let them through} */
    int passed(FrameBounds within) {
        return bounds == within ? passed : 0;
    }

    /**
     * Bytes of packets together.
     *
     * @param packets how many, from the first on, 0 to {@link #count}
     * @return the sum of their lengths
     */
    public long bytes(int packets) {
        if (packets > 0 && packets == passed) {
            return passedBytes;
        }
        long sum = 0;
        for (int i = 0; i < packets; i++) {
            sum += length(i);
        }
        return sum;
    }

    /**
     * Asks for the first cache line of packets that are going to be written, without waiting for it: stores to lines that another
     * processor has fill the store buffer, and everything behind them waits. Ports do it with what they {@code alloc}. A hint: it
     * may do nothing, and asks for {@value Prefetch#MAX_LINES} lines at most.
     *
     * @param region the packet region
     * @param first  index of the first one, 0 or more; those behind it follow
     */
    public void prefetchToWrite(MemorySegment region, int first) {
        Prefetch.toWriteEach(memory, first, count - first, region.address());
    }

    /** {@return how many more packets it has room for} */
    public int room() {
        return hidden > 0 ? 0 : capacity() - count;
    }

    /** {@return the place behind the packets, for copies of descriptors that a check then accepts or refuses} */
    public UncheckedDescriptors unchecked() {
        return unchecked;
    }

    /** {@return packets that it has room for} */
    public int capacity() {
        return words.length / WORDS;
    }

    /**
     * Where a packet's first byte is.
     *
     * @param index packet, 0 to {@code count - 1}
     * @return bytes from the start of the region
     */
    public long offset(int index) {
        return words[index * WORDS];
    }

    /**
     * Sets where a packet's first byte is.
     *
     * @param index  packet, 0 to {@code count - 1}
     * @param offset bytes from the start of the region
     */
    public void offset(int index, long offset) {
        change(index);
        words[index * WORDS] = offset;
    }

    /**
     * The meta word of a packet: length and flags, and in a guest the generation.
     *
     * @param index packet, 0 to {@code count - 1}
     * @return as {@link Descriptor} describes it
     */
    public long meta(int index) {
        return words[index * WORDS + 1];
    }

    /**
     * Sets the meta word of a packet.
     *
     * @param index packet, 0 to {@code count - 1}
     * @param meta  as {@link Descriptor} describes it
     */
    public void meta(int index, long meta) {
        change(index);
        words[index * WORDS + 1] = meta;
    }

    /** Sets a meta word that differs in its generation at most. */
    void generation(int index, long meta) {
        words[index * WORDS + 1] = meta;
    }

    /**
     * Length of a packet.
     *
     * @param index packet, 0 to {@code count - 1}
     * @return bytes
     */
    public int length(int index) {
        return Descriptor.length(meta(index));
    }

    /**
     * Sets the length of a packet and leaves its flags and generation alone.
     *
     * @param index packet, 0 to {@code count - 1}
     * @param bytes new length
     */
    public void length(int index, int bytes) {
        meta(index, Descriptor.withLength(meta(index), bytes));
    }

    /**
     * Sets a packet; the count stays as it is.
     *
     * @param index  0 to the capacity - 1
     * @param offset bytes from the start of the region
     * @param meta   meta word
     */
    public void set(int index, long offset, long meta) {
        change(index);
        words[index * WORDS] = offset;
        words[index * WORDS + 1] = meta;
    }

    /**
     * Appends a packet.
     *
     * @param offset bytes from the start of the region
     * @param meta   meta word
     */
    public void add(long offset, long meta) {
        set(count, offset, meta);
        count++;
    }

    /**
     * Appends the packets of another burst, which keeps them.
     *
     * @param others what is appended; the hidden ones are not
     * @throws IndexOutOfBoundsException if there is no room for all of them; then nothing has changed
     */
    public void addAll(PacketBurst others) {
        if (others.count > room()) {
            throw outside(count + others.count);
        }
        System.arraycopy(others.words, 0, words, count * WORDS, others.count * WORDS);
        count += others.count;
    }

    /**
     * Drops the first packets and moves the others down: what a transmit that took only a part leaves over.
     *
     * @param taken packets to drop, 0 to {@code count}
     */
    public void removeFirst(int taken) {
        remove(0, taken);
    }

    /**
     * Drops packets and moves those behind them down.
     *
     * @param from index of the first to drop, 0 or more
     * @param to   index after the last, no more than {@code count}
     */
    public void remove(int from, int to) {
        if (from < 0 || from > to || to > count) {
            throw outside(to);
        }
        if (to < count) {
            System.arraycopy(words, to * WORDS, words, from * WORDS, (count - to) * WORDS);
        }
        count -= to - from;
        passed = 0;
    }

    /** What somebody else writes, no check has seen. */
    void change(int index) {
        if (index < passed) {
            passed = 0;
        }
    }

    private IndexOutOfBoundsException outside(int index) {
        return new IndexOutOfBoundsException("must be a packet of the burst: index=" + index + " count=" + count);
    }
}
