// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.pool.BufferLedger;
import io.vlink.infra.pool.BufferPool;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.infra.translation.AddressTranslation;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.pci.Limits;
import io.vlink.spec.record.HostCounter;
import java.lang.foreign.MemorySegment;

/**
 * The buffers of a link: where they are, which are free, and which the guest has. A buffer is free, or lent (the ledger says
 * so), or the program's. One thread.
 */
final class LinkBuffers {
    /** What {@link #takeBack} returns for a descriptor that was dropped; its reason is counted. */
    static final int DROPPED = -1;

    private final AddressTranslation translation;
    private final BufferLedger ledger;
    private final BufferPool pool;
    private final int bufferBytes;

    /**
     * The buffers that a link record describes. Those that an earlier driver left lent stay out of the pool until the guest
     * has acknowledged a new epoch.
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
        pool = new BufferPool(geometry.poolOffset(), geometry.bufferCount(), geometry.bufferBytes());
        bufferBytes = geometry.bufferBytes();
        for (int buffer = geometry.bufferCount() - 1; buffer >= 0; buffer--) {
            if (!ledger.isLent(buffer)) {
                pool.give(buffer);
            }
        }
    }

    /** Appends free buffers to a burst, up to a number, its room, and what there is; returns how many. */
    int alloc(PacketBurst into, int wanted) {
        int count = Math.min(Math.min(wanted, into.capacity() - into.count), pool.freeCount());
        for (int i = 0; i < count; i++) {
            into.add(pool.offsetOf(pool.take()), 0);
        }
        return Math.max(count, 0);
    }

    /** Gives the buffers of a burst back and empties it. */
    void free(PacketBurst packets) {
        for (int i = 0; i < packets.count; i++) {
            int buffer = pool.bufferAt(packets.offset[i]);
            if (!isHeldByProgram(buffer)) {
                packets.removeFirst(i);
                throw new IllegalArgumentException("only buffers that the program holds can be freed: offset=0x"
                        + Long.toHexString(packets.offset[0]));
            }
            pool.give(buffer);
        }
        packets.count = 0;
    }

    /** Whether the program may lend a packet: its buffer is the program's, the packet lies inside it and is a frame. */
    boolean isLendable(long offset, int length) {
        return isHeldByProgram(pool.bufferAt(offset)) && length >= Limits.MIN_FRAME_BYTES
                && length <= pool.bytesToEnd(offset);
    }

    private boolean isHeldByProgram(int buffer) {
        return buffer != BufferPool.OUTSIDE && !pool.isFree(buffer) && !ledger.isLent(buffer);
    }

    /** Lends the buffer of a packet; returns the generation. */
    int lend(long offset, int epoch, int channel) {
        return ledger.lend(pool.bufferAt(offset), epoch, channel);
    }

    /** Takes a free buffer to lend it empty; returns its offset. Only while {@link #freeCount} is not 0. */
    long takeFree() {
        return pool.offsetOf(pool.take());
    }

    /**
     * Takes back what a guest returned, if it was lent to that channel in that epoch and generation.
     *
     * @return the buffer, which is the host's again; or {@link #DROPPED}
     */
    int takeBack(long offset, long meta, int epoch, int channel, ChannelCounters counters) {
        int buffer = pool.bufferAt(offset);
        if (buffer == BufferPool.OUTSIDE) {
            counters.add(HostCounter.DROP_BAD_ADDRESS, 1);
            return DROPPED;
        }
        int result = ledger.takeBack(buffer, epoch, channel, Descriptor.generation(meta));
        if (result == BufferLedger.TAKEN_BACK) {
            return buffer;
        }
        counters.add(result == BufferLedger.STALE_GENERATION
                ? HostCounter.DROP_STALE_GENERATION
                : HostCounter.DROP_NOT_LENT, 1);
        return DROPPED;
    }

    /** Makes a buffer that was taken back free. */
    void give(int buffer) {
        pool.give(buffer);
    }

    /** Takes every lent buffer back into the pool; only when the guest has acknowledged the end of their epoch. */
    void reclaim(HostChannel[] channels) {
        for (int buffer = 0; buffer < ledger.bufferCount(); buffer++) {
            if (ledger.isLent(buffer)) {
                channels[Math.min(ledger.channelOf(buffer), channels.length - 1)].countReclaimed();
                ledger.revoke(buffer);
                pool.give(buffer);
            }
        }
    }

    long toBusAddress(long offset) {
        return translation.toBusAddress(offset);
    }

    /** The region offset of a bus address, or a negative number. */
    long toOffset(long busAddress) {
        return translation.toOffset(busAddress);
    }

    int bytesToEnd(long offset) {
        return pool.bytesToEnd(offset);
    }

    int freeCount() {
        return pool.freeCount();
    }

    int lentCount() {
        return ledger.lentCount();
    }

    int bufferCount() {
        return pool.bufferCount();
    }

    int bufferBytes() {
        return bufferBytes;
    }
}
