// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import io.vlink.infra.ring.ChainAssembler;
import io.vlink.infra.ring.ConsumerRing;
import io.vlink.infra.ring.DescriptorBatch;
import io.vlink.infra.ring.FrameLimits;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.infra.ring.ProducerRing;
import io.vlink.infra.ring.RegionCheck;
import io.vlink.infra.ring.UncheckedDescriptors;
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

    /** Packets that may go round for a lap to be noticed, at most: more are seldom on their way, and each takes 24 bytes. */
    private static final int LONGEST_LAP = 4_096;
    private static final GuestCounter[] COUNTERS = GuestCounter.values();

    private final MemorySegment channel;
    private final MemorySegment region;
    private final AddressTranslation translation;
    private final int bufferBytes;
    private final int queueSize;
    private final ConsumerRing rx;
    private final ProducerRing tx;
    private final ConsumerRing alloc;
    private final ProducerRing free;
    private final DescriptorBatch batch;
    private final DescriptorBatch rejected;
    /** Copies of descriptors that become segments or buffers. */
    private final UncheckedDescriptors copies;
    private final FrameLimits limits;
    /** Whether a packet may be several descriptors. */
    private final boolean chains;
    private final RegionCheck check;
    private final ChainAssembler chain;
    private final long[] counts = new long[COUNTERS.length];
    private final long[] before = new long[COUNTERS.length];
    private boolean running;
    private boolean faulted;

    /**
     * The guest's ends of a data channel's rings; {@link GuestLink} has checked the channel.
     *
     * @param channel     exactly the data channel
     * @param queueSize   descriptors in each ring
     * @param translation the device's page table
     * @param region      the packet region
     * @param bufferBytes bytes of a packet buffer, a power of two
     * @param mtu         bytes of an IP packet, at most
     */
    GuestQueue(MemorySegment channel, int queueSize, AddressTranslation translation, MemorySegment region,
            int bufferBytes, int mtu) {
        this.region = region;
        this.channel = channel;
        this.translation = translation;
        this.bufferBytes = bufferBytes;
        this.queueSize = queueSize;
        this.rx = new ConsumerRing(ring(SubChannel.RX, queueSize), queueSize);
        this.tx = new ProducerRing(ring(SubChannel.TX, queueSize), queueSize);
        this.alloc = new ConsumerRing(ring(SubChannel.ALLOC, queueSize), queueSize);
        this.free = new ProducerRing(ring(SubChannel.FREE, queueSize), queueSize);
        this.batch = new DescriptorBatch(MAX_BURST);
        this.rejected = new DescriptorBatch(MAX_BURST);
        this.limits = FrameLimits.of(mtu, bufferBytes);
        this.chains = limits.maxSegments() > 1;
        this.copies = new UncheckedDescriptors(MAX_BURST);
        this.check = new RegionCheck(translation, bufferBytes, limits.maxFrameBytes(),
                chains ? 0 : Math.min(2 * queueSize, LONGEST_LAP));
        this.chain = new ChainAssembler(limits.maxSegments(), limits.maxFrameBytes());
    }

    private MemorySegment ring(SubChannel which, int queueSize) {
        return channel.asSlice(DataChannelLayout.ringOffset(which, queueSize), RingLayout.bytes(queueSize));
    }

    /**
     * Takes packets that the host has sent.
     *
     * @param into is emptied, then receives the packets; they lie wholly inside a buffer of the region
     * @return how many entries, 0 to the burst's capacity or {@value #MAX_BURST}
     */
    public int rxBurst(PacketBurst into) {
        into.clear();
        return receive(into);
    }

    /** Asks for the lines that the next {@link #rxBurst} reads. */
    void prefetch() {
        if (running) {
            rx.prefetch();
        }
    }

    /** As {@link #rxBurst}, but appends to the burst. */
    int receive(PacketBurst into) {
        if (!running) {
            return 0;
        }
        int ready = rx.ready();
        if (ready < 0) {
            return quarantineIfFault(ready);
        }
        if (ready == 0 && !chain.isComplete()) {
            return 0;
        }
        int before = into.count();
        long bad = counts[GuestCounter.RX_BAD_DESCRIPTORS.ordinal()];
        if (chains) {
            receiveChains(into);
        } else if (ready == 1 && into.room() > 0 && !check.isLapNoted()) {
            receiveFrame(into);
        } else {
            receiveFrames(into);
        }
        if (counts[GuestCounter.RX_BAD_DESCRIPTORS.ordinal()] != bad) {
            publish(GuestCounter.RX_BAD_DESCRIPTORS);
            returnRejected();
        }
        publish(GuestCounter.RX_PACKETS);
        publish(GuestCounter.RX_BYTES);
        return into.count() - before;
    }

    /** As {@link #receiveFrames} of a lone packet, without a loop around it: that is a tenth of its way there and back. */
    private void receiveFrame(PacketBurst into) {
        UncheckedDescriptors copy = into.unchecked();
        rx.take(copy);
        copy.toOffsets(translation);
        copy.prefetchToWrite(translation, region);
        receiveOne(copy, 0, into);
    }

    /** Copies descriptors behind a burst's packets, and makes packets of the good ones. */
    private void receiveFrames(PacketBurst into) {
        UncheckedDescriptors arrived = into.unchecked();
        int count = rx.peek(arrived, MAX_BURST);
        arrived.toOffsets(translation);
        int good = check.acceptFrames(into);
        counts[GuestCounter.RX_PACKETS.ordinal()] += good;
        counts[GuestCounter.RX_BYTES.ordinal()] += check.bytes();
        for (int i = good; i < count; i++) {
            receiveOne(arrived, i, into);
        }
        rx.release(count);
    }

    private void receiveOne(UncheckedDescriptors arrived, int index, PacketBurst into) {
        if (check.acceptFrame(arrived, index, into)) {
            counts[GuestCounter.RX_PACKETS.ordinal()]++;
            counts[GuestCounter.RX_BYTES.ordinal()] += check.bytes();
        } else {
            reject(arrived, index);
            counts[GuestCounter.RX_BAD_DESCRIPTORS.ordinal()]++;
        }
    }

    /** As {@link #receiveFrames}, where a packet may be several descriptors; stops when the burst cannot take the next one. */
    private void receiveChains(PacketBurst into) {
        int count = rx.peek(copies, into.room());
        copies.toOffsets(translation);
        int taken = 0;
        while (taken < count && (!chain.isComplete() || handOut(into))) {
            if (!check.acceptSegment(copies, taken, chain)) {
                reject(copies, taken);
            }
            taken++;
        }
        rx.release(taken);
        if (chain.isComplete()) {
            handOut(into);
        }
    }

    /** Passes a complete packet on, or gives it up if it is spoilt; false if the burst has no room for it. */
    private boolean handOut(PacketBurst into) {
        int bytes = chain.bytes();
        if (chain.isSpoilt() || bytes < Limits.MIN_FRAME_BYTES) {
            PacketBurst held = chain.segments();
            for (int i = 0; i < held.count(); i++) {
                makeRoomForRejected();
                rejected.set(rejected.count++, translation.toBusAddress(held.offset(i)), emptied(held.meta(i)));
            }
            counts[GuestCounter.RX_BAD_DESCRIPTORS.ordinal()]++;
            chain.clear();
            return true;
        }
        boolean moved = chain.moveTo(into);
        if (moved) {
            counts[GuestCounter.RX_PACKETS.ordinal()]++;
            counts[GuestCounter.RX_BYTES.ordinal()] += bytes;
        }
        return moved;
    }

    /**
     * Sends packets to the host; a chain whole or not at all. Packets that were not taken are still the caller's: try again, or
     * {@link #free} them.
     *
     * @param burst packets from this queue, in order; left as it is
     * @return how many of the first entries were taken, 0 to {@code burst.count()}
     */
    public int txBurst(PacketBurst burst) {
        int wanted = burst.count();
        if (!running || wanted == 0) {
            return 0;
        }
        int room = tx.room(wanted);
        if (room < 0) {
            return quarantineIfFault(room);
        }
        int most = Math.min(wanted, Math.min(room, MAX_BURST));
        int taken;
        if (chains) {
            taken = putChains(burst, most);
        } else {
            taken = most == 1 ? putFrame(burst.offset(0), burst.meta(0)) : putFrames(burst, most);
        }
        if (taken > 0) {
            publish(GuestCounter.TX_PACKETS);
            publish(GuestCounter.TX_BYTES);
        }
        if (taken < wanted) {
            counts[GuestCounter.TX_FULL.ordinal()] += limits.packets(burst, taken);
            publish(GuestCounter.TX_FULL);
        }
        return taken;
    }

    private int putFrame(long offset, long meta) {
        tx.offer(translation.toBusAddress(offset), meta);
        counts[GuestCounter.TX_PACKETS.ordinal()]++;
        counts[GuestCounter.TX_BYTES.ordinal()] += Descriptor.length(meta);
        return 1;
    }

    private int putFrames(PacketBurst burst, int count) {
        tx.offer(burst, count, translation, batch);
        counts[GuestCounter.TX_PACKETS.ordinal()] += count;
        counts[GuestCounter.TX_BYTES.ordinal()] += burst.bytes(count);
        return count;
    }

    private int putChains(PacketBurst burst, int most) {
        int taken = 0;
        while (taken < most) {
            int segments = limits.chainLength(burst, taken);
            if (segments > most - taken) {
                break;
            }
            for (int last = taken + segments; taken < last; taken++) {
                long meta = burst.meta(taken);
                batch.set(taken, translation.toBusAddress(burst.offset(taken)), meta);
                counts[GuestCounter.TX_BYTES.ordinal()] += Descriptor.length(meta);
            }
            counts[GuestCounter.TX_PACKETS.ordinal()]++;
        }
        batch.count = taken;
        tx.offer(batch);
        return taken;
    }

    /**
     * Takes empty buffers for packets of the guest's own.
     *
     * @param into is emptied, then receives the buffers; each one's length is the room it has
     * @return how many, 0 to the burst's capacity or {@value #MAX_BURST}
     */
    public int alloc(PacketBurst into) {
        into.clear();
        return allocate(into, into.capacity());
    }

    /** As {@link #alloc}, but appends to the burst, no more than are wanted. */
    int allocate(PacketBurst into, int wanted) {
        if (!running) {
            return 0;
        }
        int before = into.count();
        int count = alloc.poll(copies, Math.max(0, Math.min(wanted, into.room())));
        if (count <= 0) {
            return quarantineIfFault(count);
        }
        copies.toOffsets(translation);
        for (int i = 0; i < count; i++) {
            if (!check.acceptBuffer(copies, i, into)) {
                reject(copies, i);
            }
        }
        int allocated = into.count() - before;
        if (allocated != count) {
            returnRejected();
        }
        counts[GuestCounter.ALLOC_BUFFERS.ordinal()] += allocated;
        publish(GuestCounter.ALLOC_BUFFERS);
        return allocated;
    }

    /**
     * Gives buffers back without a packet for the host.
     *
     * @param burst packets or buffers from this queue; left as it is
     * @return how many of the first ones were taken, 0 to {@code burst.count()}
     */
    public int free(PacketBurst burst) {
        if (!running || burst.count() == 0) {
            return 0;
        }
        batch.count = Math.min(burst.count(), MAX_BURST);
        for (int i = 0; i < batch.count; i++) {
            batch.set(i, translation.toBusAddress(burst.offset(i)), emptied(burst.meta(i)));
        }
        int count = free.offer(batch);
        if (count < 0) {
            return quarantineIfFault(count);
        }
        countFreed(count);
        return count;
    }

    /** Gives packets back that were not sent, and counts them as dropped. */
    int drop(PacketBurst burst) {
        int count = free(burst);
        counts[GuestCounter.TX_DROPPED.ordinal()] += count == burst.count() ? limits.packets(burst, 0) : count;
        publish(GuestCounter.TX_DROPPED);
        return count;
    }

    /** Counts packets of a dead epoch as dropped; they are the host's again. */
    int forget(PacketBurst burst) {
        counts[GuestCounter.TX_DROPPED.ordinal()] += limits.packets(burst, 0);
        publish(GuestCounter.TX_DROPPED);
        return burst.count();
    }

    /** The meta word of a packet's buffer that goes back as an empty one. */
    private long emptied(long meta) {
        return Descriptor.meta(bufferBytes, 0, Descriptor.generation(meta));
    }

    private void reject(UncheckedDescriptors arrived, int index) {
        makeRoomForRejected();
        check.refuse(arrived, index, rejected);
    }

    private void makeRoomForRejected() {
        if (rejected.count == rejected.capacity()) {
            returnRejected();
        }
    }

    private void returnRejected() {
        int taken = rejected.count == 0 ? 0 : free.offer(rejected);
        rejected.count = 0;
        if (taken < 0) {
            quarantineIfFault(taken);
        } else {
            countFreed(taken);
        }
    }

    private void countFreed(int buffers) {
        counts[GuestCounter.FREE_BUFFERS.ordinal()] += buffers;
        publish(GuestCounter.FREE_BUFFERS);
    }

    /** Shows a counter to the host, counted from the epoch's start as the contract wants it. */
    private void publish(GuestCounter counter) {
        channel.set(SharedWord.LONG, counter.offset(), counts[counter.ordinal()] - before[counter.ordinal()]);
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
        return counts[counter.ordinal()];
    }

    /** {@return whether a packet may be more than one descriptor} */
    FrameLimits limits() {
        return limits;
    }

    /** Sets the counters in channel memory to zero: they are this epoch's. */
    void clearCounters() {
        for (GuestCounter counter : COUNTERS) {
            before[counter.ordinal()] = counts[counter.ordinal()];
            publish(counter);
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
        chain.clear();
        rejected.count = 0;
        clearCounters();
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
