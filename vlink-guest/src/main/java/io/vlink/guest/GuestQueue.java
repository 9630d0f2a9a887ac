// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import io.vlink.infra.ring.ConsumerRing;
import io.vlink.infra.ring.DescriptorBatch;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.infra.ring.ProducerRing;
import io.vlink.infra.translation.AddressTranslation;
import io.vlink.spec.channel.DataChannelLayout;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.GuestCounter;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.channel.SubChannel;
import io.vlink.spec.pci.Limits;
import java.lang.foreign.MemorySegment;

/**
 * One data channel from the guest's side. A packet taken from here is on loan: it goes back exactly once, on this same queue,
 * through {@link #txBurst} or {@link #free}. Bursts neither allocate nor call the system, and never throw; on a link that is
 * down they do nothing. One thread, the one that polls the link.
 */
public final class GuestQueue {
    /** Packets that one call handles, at most. */
    public static final int MAX_BURST = 256;

    private static final long RX_PACKETS = GuestCounter.RX_PACKETS.offset();
    private static final long RX_BYTES = GuestCounter.RX_BYTES.offset();
    private static final long TX_PACKETS = GuestCounter.TX_PACKETS.offset();
    private static final long TX_BYTES = GuestCounter.TX_BYTES.offset();
    private static final long ALLOC_BUFFERS = GuestCounter.ALLOC_BUFFERS.offset();
    private static final long FREE_BUFFERS = GuestCounter.FREE_BUFFERS.offset();
    private static final long BAD_DESCRIPTORS = GuestCounter.RX_BAD_DESCRIPTORS.offset();
    private static final long TX_FULL = GuestCounter.TX_FULL.offset();

    private final MemorySegment channel;
    private final AddressTranslation translation;
    private final int bufferBytes;
    private final int queueSize;
    private final ConsumerRing rx;
    private final ProducerRing tx;
    private final ConsumerRing alloc;
    private final ProducerRing free;
    private final DescriptorBatch in;
    private final DescriptorBatch out;
    private final DescriptorBatch rejected;
    private boolean running;
    private boolean faulted;
    private long rxPackets;
    private long rxBytes;
    private long txPackets;
    private long txBytes;
    private long allocBuffers;
    private long freeBuffers;
    private long badDescriptors;
    private long txFull;

    /**
     * The guest's ends of a data channel's rings; {@link GuestLink} has checked the channel.
     *
     * @param channel     exactly the data channel
     * @param queueSize   descriptors in each ring
     * @param translation the device's page table
     * @param bufferBytes bytes of a packet buffer, a power of two
     */
    GuestQueue(MemorySegment channel, int queueSize, AddressTranslation translation, int bufferBytes) {
        this.channel = channel;
        this.translation = translation;
        this.bufferBytes = bufferBytes;
        this.queueSize = queueSize;
        this.rx = new ConsumerRing(ring(SubChannel.RX, queueSize), queueSize);
        this.tx = new ProducerRing(ring(SubChannel.TX, queueSize), queueSize);
        this.alloc = new ConsumerRing(ring(SubChannel.ALLOC, queueSize), queueSize);
        this.free = new ProducerRing(ring(SubChannel.FREE, queueSize), queueSize);
        this.in = new DescriptorBatch(MAX_BURST);
        this.out = new DescriptorBatch(MAX_BURST);
        this.rejected = new DescriptorBatch(MAX_BURST);
    }

    private MemorySegment ring(SubChannel which, int queueSize) {
        return channel.asSlice(DataChannelLayout.ringOffset(which, queueSize), RingLayout.bytes(queueSize));
    }

    /**
     * Takes packets that the host has sent.
     *
     * @param into is emptied, then receives the packets; they lie wholly inside a buffer of the region
     * @return how many, 0 to the burst's capacity or {@value #MAX_BURST}
     */
    public int rxBurst(PacketBurst into) {
        into.count = 0;
        if (!running) {
            return 0;
        }
        int taken = rx.poll(in, Math.min(into.capacity(), MAX_BURST));
        if (taken <= 0) {
            return quarantineIfFault(taken);
        }
        long bytes = accept(into, Limits.MIN_FRAME_BYTES);
        rxPackets += into.count;
        rxBytes += bytes;
        channel.set(SharedWord.LONG, RX_PACKETS, rxPackets);
        channel.set(SharedWord.LONG, RX_BYTES, rxBytes);
        return into.count;
    }

    /**
     * Sends packets to the host. Packets that were not taken are still the caller's: try again, or {@link #free} them.
     *
     * @param burst packets from this queue, in order; left as it is
     * @return how many of the first ones were taken, 0 to {@code burst.count}
     */
    public int txBurst(PacketBurst burst) {
        int wanted = burst.count;
        if (!running || wanted == 0) {
            return 0;
        }
        int taken = put(tx, burst);
        if (taken < 0) {
            return quarantineIfFault(taken);
        }
        for (int i = 0; i < taken; i++) {
            txBytes += burst.length(i);
        }
        txPackets += taken;
        channel.set(SharedWord.LONG, TX_PACKETS, txPackets);
        channel.set(SharedWord.LONG, TX_BYTES, txBytes);
        if (taken < Math.min(wanted, MAX_BURST)) {
            txFull += Math.min(wanted, MAX_BURST) - taken;
            channel.set(SharedWord.LONG, TX_FULL, txFull);
        }
        return taken;
    }

    /**
     * Takes empty buffers for packets of the guest's own.
     *
     * @param into is emptied, then receives the buffers; each one's length is the room it has
     * @return how many, 0 to the burst's capacity or {@value #MAX_BURST}
     */
    public int alloc(PacketBurst into) {
        into.count = 0;
        if (!running) {
            return 0;
        }
        int taken = alloc.poll(in, Math.min(into.capacity(), MAX_BURST));
        if (taken <= 0) {
            return quarantineIfFault(taken);
        }
        accept(into, 1);
        allocBuffers += into.count;
        channel.set(SharedWord.LONG, ALLOC_BUFFERS, allocBuffers);
        return into.count;
    }

    /**
     * Gives buffers back without a packet for the host.
     *
     * @param burst packets or buffers from this queue; left as it is
     * @return how many of the first ones were taken, 0 to {@code burst.count}
     */
    public int free(PacketBurst burst) {
        if (!running || burst.count == 0) {
            return 0;
        }
        int taken = put(free, burst);
        if (taken < 0) {
            return quarantineIfFault(taken);
        }
        countFreed(taken);
        return taken;
    }

    /** Checks the copies in {@code in}; good ones go to the burst, the buffers of bad ones back to the host. */
    private long accept(PacketBurst into, int minimumLength) {
        long bytes = 0;
        long badBefore = badDescriptors;
        rejected.count = 0;
        for (int i = 0; i < in.count; i++) {
            long meta = in.meta[i];
            int length = Descriptor.length(meta);
            long offset = translation.toOffset(in.address[i]);
            if (isGood(offset, length, minimumLength) && Descriptor.flags(meta) == 0) {
                into.add(offset, meta);
                bytes += length;
            } else {
                reject(offset, in.address[i], meta);
            }
        }
        if (badDescriptors != badBefore) {
            channel.set(SharedWord.LONG, BAD_DESCRIPTORS, badDescriptors);
            returnRejected();
        }
        return bytes;
    }

    /** A buffer never crosses a page, so inside the buffer is inside the page and the region. */
    private boolean isGood(long offset, int length, int minimumLength) {
        return offset != AddressTranslation.UNMAPPED && length >= minimumLength
                && (offset & (bufferBytes - 1L)) + length <= bufferBytes;
    }

    private void reject(long offset, long address, long meta) {
        badDescriptors++;
        if (offset != AddressTranslation.UNMAPPED) {
            rejected.address[rejected.count] = address;
            rejected.meta[rejected.count] = Descriptor.meta(bufferBytes, 0, Descriptor.generation(meta));
            rejected.count++;
        }
    }

    private void returnRejected() {
        int taken = rejected.count == 0 ? 0 : free.offer(rejected);
        if (taken < 0) {
            quarantineIfFault(taken);
        } else {
            countFreed(taken);
        }
    }

    private int put(ProducerRing ring, PacketBurst burst) {
        int count = Math.min(burst.count, MAX_BURST);
        for (int i = 0; i < count; i++) {
            out.address[i] = translation.toBusAddress(burst.offset[i]);
            out.meta[i] = burst.meta[i];
        }
        out.count = count;
        return ring.offer(out);
    }

    private void countFreed(int buffers) {
        freeBuffers += buffers;
        channel.set(SharedWord.LONG, FREE_BUFFERS, freeBuffers);
    }

    private int quarantineIfFault(int result) {
        if (result < 0) {
            running = false;
            faulted = true;
        }
        return 0;
    }

    /** {@return whether the host's position was impossible: the queue does nothing until the link's next epoch} */
    public boolean isFaulted() {
        return faulted;
    }

    /**
     * Whether the host has taken everything that was sent: what it has not is lost when this side leaves the link.
     *
     * @return true if nothing is left on {@code tx}, or the queue is not in use
     */
    public boolean isDrained() {
        return !running || tx.room(queueSize) >= queueSize;
    }

    /**
     * A counter of this queue since the program attached to the link.
     *
     * @param counter which one
     * @return its value
     */
    public long counter(GuestCounter counter) {
        return switch (counter) {
            case RX_PACKETS -> rxPackets;
            case RX_BYTES -> rxBytes;
            case TX_PACKETS -> txPackets;
            case TX_BYTES -> txBytes;
            case ALLOC_BUFFERS -> allocBuffers;
            case FREE_BUFFERS -> freeBuffers;
            case RX_BAD_DESCRIPTORS -> badDescriptors;
            case TX_FULL -> txFull;
        };
    }

    /** Sets the counters in channel memory to zero: they are this program's, not its predecessor's. */
    void clearCounters() {
        for (GuestCounter counter : GuestCounter.values()) {
            channel.set(SharedWord.LONG, counter.offset(), 0L);
        }
    }

    /** Puts the four guest positions to zero, for a new epoch. */
    void reset() {
        running = false;
        faulted = false;
        rx.reset();
        tx.reset();
        alloc.reset();
        free.reset();
    }

    /** Lets bursts through. */
    void start() {
        running = !faulted;
    }

    /** Stops touching the rings. */
    void stop() {
        running = false;
    }
}
