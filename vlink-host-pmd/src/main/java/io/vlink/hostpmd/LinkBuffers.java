// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.pool.BufferLedger;
import io.vlink.infra.pool.FreeList;
import io.vlink.infra.pool.PoolLayout;
import io.vlink.infra.ring.FrameLimits;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.infra.translation.AddressTranslation;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.record.LedgerEntry;
import java.lang.foreign.MemorySegment;

/**
 * The buffers of a link: where they are, which are free, and which the guest has. A buffer is free, or lent, or the program's,
 * and the ledger says which. Each data channel has a free list of its own, so that workers do not meet.
 */
final class LinkBuffers {
    private static final int LINE_BYTES = 64;
    /** Bytes that lie as far apart as this share a set of a first-level data cache of 64 sets, which most processors have. */
    private static final int WAY_BYTES = 64 * LINE_BYTES;

    final AddressTranslation translation;
    final BufferLedger ledger;
    final PoolLayout layout;
    private final int headrooms;
    private final int buffersPerWay;
    private final FreeList[] lists;
    private final int buffersPerList;

    /**
     * The buffers that a link record describes. Those that an earlier driver left lent stay where they are until the guest has
     * acknowledged a new epoch.
     *
     * @param record   the link record
     * @param geometry what it says
     */
    LinkBuffers(MemorySegment record, LinkGeometry geometry) {
        long[] table = new long[geometry.pageCount()];
        for (int page = 0; page < table.length; page++) {
            table[page] = record.get(SharedWord.LONG, geometry.pageTableOffset() + page * 8L);
        }
        translation = new AddressTranslation(table, geometry.pageShift());
        ledger = new BufferLedger(record.asSlice(geometry.ledgerOffset(), geometry.bufferCount() * 8L));
        layout = new PoolLayout(geometry.poolOffset(), geometry.bufferCount(), geometry.bufferBytes());
        buffersPerWay = Math.max(1, WAY_BYTES / geometry.bufferBytes());
        headrooms = headrooms(FrameLimits.of(geometry.mtu(), geometry.bufferBytes()), geometry.bufferBytes());
        lists = new FreeList[geometry.dataChannelOffsets().size()];
        buffersPerList = Math.ceilDiv(geometry.bufferCount(), lists.length);
        for (int i = 0; i < lists.length; i++) {
            int first = i * buffersPerList;
            lists[i] = new FreeList(first, Math.min(buffersPerList, geometry.bufferCount() - first));
        }
        for (int buffer = geometry.bufferCount() - 1; buffer >= 0; buffer--) {
            if (!ledger.isLent(buffer)) {
                ledger.free(buffer);
                lists[home(buffer)].give(buffer);
            }
        }
    }

    /** How many lines of a buffer a frame may begin at, a power of two: all that leave room for the largest frame. */
    private static int headrooms(FrameLimits limits, int bufferBytes) {
        int spareLines = (bufferBytes - limits.maxFrameBytes()) / LINE_BYTES;
        return limits.maxSegments() > 1 ? 1 : Math.max(1, Integer.highestOneBit(spareLines));
    }

    /**
     * Bytes of an empty buffer before its frame. They differ from buffer to buffer, because buffers lie a power of two apart:
     * if all frames began at the first byte, their headers would share a few sets of a cache and push each other out.
     */
    int headroom(int buffer) {
        return (buffer / buffersPerWay & (headrooms - 1)) * LINE_BYTES;
    }

    private int home(int buffer) {
        return buffer / buffersPerList;
    }

    /** The free buffers of a data channel; for its worker. */
    FreeList freeList(int channel) {
        return lists[channel];
    }

    /** Appends free buffers of a channel to a burst, up to a number, its room, and what there is; returns how many. */
    int alloc(int channel, PacketBurst into, int wanted) {
        FreeList list = lists[channel];
        int most = Math.min(wanted, into.room());
        int count = Math.max(0, Math.min(most, list.available(most)));
        for (int i = 0; i < count; i++) {
            int buffer = list.take();
            ledger.hold(buffer);
            into.add(layout.offsetOf(buffer) + headroom(buffer), 0);
        }
        return count;
    }

    /**
     * Gives the buffers of a burst back.
     *
     * @param channel channel of the worker
     * @throws IllegalArgumentException for one that the program does not hold; those before it are free
     */
    void free(int channel, PacketBurst packets) {
        for (int i = 0; i < packets.count(); i++) {
            int buffer = layout.bufferAt(packets.offset(i));
            if (!isHeldByProgram(buffer)) {
                packets.removeFirst(i);
                throw new IllegalArgumentException("only buffers that the program holds can be freed: offset=0x"
                        + Long.toHexString(packets.offset(0)));
            }
            release(channel, buffer);
        }
    }

    /** Makes a buffer free that is neither lent nor free; it goes to the list where it belongs. */
    void release(int channel, int buffer) {
        ledger.free(buffer);
        FreeList own = lists[channel];
        if (own.isHomeOf(buffer)) {
            own.give(buffer);
        } else {
            lists[home(buffer)].giveFromElsewhere(buffer);
        }
    }

    /** Whether the program may lend a packet: its buffer is the program's, the packet lies inside it and is not empty. */
    boolean isLendable(long offset, int length) {
        return isHeldByProgram(layout.bufferAt(offset)) && length > 0 && length <= layout.bytesToEnd(offset);
    }

    private boolean isHeldByProgram(int buffer) {
        return buffer != PoolLayout.OUTSIDE && LedgerEntry.state(ledger.entry(buffer)) == LedgerEntry.HELD;
    }

    /** Takes back what is lent to a channel; only when the guest has acknowledged the end of the epoch. Returns how many. */
    int reclaim(int channel) {
        int reclaimed = 0;
        for (int buffer = 0; buffer < ledger.bufferCount(); buffer++) {
            if (ledger.isLent(buffer) && Math.min(ledger.channelOf(buffer), lists.length - 1) == channel) {
                release(channel, buffer);
                reclaimed++;
            }
        }
        return reclaimed;
    }

    /** Buffers that nobody uses; walks the ledger. */
    int freeCount() {
        return count(LedgerEntry.FREE);
    }

    /** Buffers that the guest has; walks the ledger. */
    int lentCount() {
        return count(LedgerEntry.LENT);
    }

    private int count(int state) {
        int count = 0;
        for (int buffer = 0; buffer < ledger.bufferCount(); buffer++) {
            count += LedgerEntry.state(ledger.entry(buffer)) == state ? 1 : 0;
        }
        return count;
    }
}
