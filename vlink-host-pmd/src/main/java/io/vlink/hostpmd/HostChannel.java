// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.ring.ConsumerRing;
import io.vlink.infra.ring.DescriptorBatch;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.infra.ring.ProducerRing;
import io.vlink.spec.channel.DataChannelLayout;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SubChannel;
import io.vlink.spec.pci.Limits;
import io.vlink.spec.record.HostCounter;
import java.lang.foreign.MemorySegment;

/**
 * The host's end of a data channel: lends packets and empty buffers to the guest, and takes both back after checking them
 * (SPEC.md section 8.2). A bad descriptor costs itself only; an impossible position quarantines the channel until the next
 * epoch. Rings have the guest's names. One thread.
 */
final class HostChannel {
    /** Descriptors handled between two publishes, at most. */
    private static final int BATCH = 256;
    /** Empty buffers are lent when at least this many slots of the ring are free, so that a publish is worth it. */
    private static final int REFILL = 32;

    private final int number;
    private final LinkBuffers buffers;
    private final ChannelCounters counters;
    private final ProducerRing rx;
    private final ConsumerRing tx;
    private final ProducerRing alloc;
    private final ConsumerRing free;
    private final DescriptorBatch batch = new DescriptorBatch(BATCH);
    private final int refill;
    private int epoch;
    private boolean quarantined;

    /**
     * The host's end of a data channel.
     *
     * @param memory    exactly the channel's bytes
     * @param number    data channel, from 0
     * @param queueSize descriptors in each ring
     * @param buffers   the link's buffers
     * @param counters  the channel's counters
     */
    HostChannel(MemorySegment memory, int number, int queueSize, LinkBuffers buffers, ChannelCounters counters) {
        this.number = number;
        this.buffers = buffers;
        this.counters = counters;
        this.refill = Math.min(REFILL, queueSize / 2);
        rx = new ProducerRing(ring(memory, SubChannel.RX, queueSize), queueSize);
        tx = new ConsumerRing(ring(memory, SubChannel.TX, queueSize), queueSize);
        alloc = new ProducerRing(ring(memory, SubChannel.ALLOC, queueSize), queueSize);
        free = new ConsumerRing(ring(memory, SubChannel.FREE, queueSize), queueSize);
    }

    private static MemorySegment ring(MemorySegment memory, SubChannel ring, int queueSize) {
        return memory.asSlice(DataChannelLayout.ringOffset(ring, queueSize), RingLayout.bytes(queueSize));
    }

    /** Empties the rings for a new epoch and ends a quarantine; only while the guest is quiet. */
    void reset(int newEpoch) {
        epoch = newEpoch;
        rx.reset();
        tx.reset();
        alloc.reset();
        free.reset();
        quarantined = false;
        counters.set(HostCounter.QUARANTINED, 0);
        counters.publish();
    }

    void countReclaimed() {
        counters.add(HostCounter.RECLAIMED_BUFFERS, 1);
    }

    boolean isQuarantined() {
        return quarantined;
    }

    /** {@return packets that {@link #transmit} would take now, up to a number} */
    int transmitRoom(int wanted) {
        if (quarantined) {
            return 0;
        }
        int room = rx.room(wanted);
        if (room == ProducerRing.FAULT) {
            quarantine();
            return 0;
        }
        return Math.min(room, wanted);
    }

    /**
     * Lends packets to the guest, from the first on.
     *
     * @param packets left as they are
     * @return how many were taken
     * @throws IllegalArgumentException for a packet that the caller may not lend; those before it are on their way
     */
    int transmit(PacketBurst packets) {
        int taken = 0;
        long bytes = 0;
        int rejected = -1;
        while (taken < packets.count && rejected < 0) {
            int count = transmitRoom(Math.min(BATCH, packets.count - taken));
            if (count == 0) {
                break;
            }
            batch.count = 0;
            for (int i = taken; i < taken + count; i++) {
                int length = packets.length(i);
                if (!buffers.isLendable(packets.offset[i], length)) {
                    rejected = i;
                    break;
                }
                lend(packets.offset[i], length);
                bytes += length;
            }
            rx.offer(batch);
            taken += batch.count;
        }
        countTransmitted(taken, bytes, rejected < 0 ? packets.count - taken : 0);
        if (rejected >= 0) {
            throw new IllegalArgumentException("packet must be 14 bytes to the end of a buffer that the program holds:"
                    + " packet=" + rejected + " offset=0x" + Long.toHexString(packets.offset[rejected]) + " length="
                    + packets.length(rejected));
        }
        return taken;
    }

    private void lend(long offset, int length) {
        int generation = buffers.lend(offset, epoch, number);
        batch.address[batch.count] = buffers.toBusAddress(offset);
        batch.meta[batch.count] = Descriptor.meta(length, 0, generation);
        batch.count++;
    }

    private void countTransmitted(int taken, long bytes, int full) {
        counters.add(HostCounter.TX_PACKETS, taken);
        counters.add(HostCounter.TX_BYTES, bytes);
        counters.add(HostCounter.TX_FULL, full);
        counters.publish();
    }

    /**
     * Takes packets from the guest and appends the good ones to a burst; then takes back and lends out empty buffers.
     *
     * @param into receives packets that lie in buffers which are the host's again
     * @return how many
     */
    int receive(PacketBurst into) {
        if (quarantined) {
            return 0;
        }
        int before = into.count;
        int polled = tx.poll(batch, into.capacity() - into.count);
        long bytes = 0;
        for (int i = 0; i < polled; i++) {
            bytes += accept(batch.address[i], batch.meta[i], into);
        }
        if (polled == ConsumerRing.FAULT) {
            quarantine();
        } else {
            reclaim();
            lendEmpty();
        }
        counters.add(HostCounter.RX_PACKETS, into.count - before);
        counters.add(HostCounter.RX_BYTES, bytes);
        counters.publish();
        return into.count - before;
    }

    /** Checks a private copy of a descriptor; returns the bytes of the packet that it added, 0 for none. */
    private int accept(long address, long meta, PacketBurst into) {
        long offset = buffers.toOffset(address);
        int buffer = buffers.takeBack(offset, meta, epoch, number, counters);
        if (buffer == LinkBuffers.DROPPED) {
            return 0;
        }
        int length = Descriptor.length(meta);
        if (Descriptor.flags(meta) != 0) {
            counters.add(HostCounter.DROP_BAD_FLAGS, 1);
        } else if (length < Limits.MIN_FRAME_BYTES || length > buffers.bytesToEnd(offset)) {
            counters.add(HostCounter.DROP_BAD_LENGTH, 1);
        } else {
            into.add(offset, meta);
            return length;
        }
        buffers.give(buffer);
        return 0;
    }

    private void reclaim() {
        int polled = free.poll(batch, BATCH);
        if (polled == ConsumerRing.FAULT) {
            quarantine();
            return;
        }
        int good = 0;
        for (int i = 0; i < polled; i++) {
            int buffer = buffers.takeBack(buffers.toOffset(batch.address[i]), batch.meta[i], epoch, number, counters);
            if (buffer != LinkBuffers.DROPPED) {
                buffers.give(buffer);
                good++;
            }
        }
        counters.add(HostCounter.FREE_BUFFERS, good);
    }

    private void lendEmpty() {
        int room = quarantined ? 0 : alloc.room(refill);
        if (room == ProducerRing.FAULT) {
            quarantine();
            return;
        }
        if (room < refill) {
            return;
        }
        int count = Math.min(Math.min(room, BATCH), buffers.freeCount());
        batch.count = 0;
        for (int i = 0; i < count; i++) {
            lend(buffers.takeFree(), buffers.bufferBytes());
        }
        alloc.offer(batch);
        counters.add(HostCounter.ALLOC_BUFFERS, count);
    }

    private void quarantine() {
        quarantined = true;
        counters.set(HostCounter.QUARANTINED, 1);
        counters.publish();
    }
}
