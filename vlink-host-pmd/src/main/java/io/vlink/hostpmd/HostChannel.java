// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.pool.BufferLedger;
import io.vlink.infra.pool.FreeList;
import io.vlink.infra.pool.PoolLayout;
import io.vlink.infra.ring.ChainAssembler;
import io.vlink.infra.ring.Checks;
import io.vlink.infra.ring.ConsumerRing;
import io.vlink.infra.ring.DescriptorBatch;
import io.vlink.infra.ring.FrameLimits;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.infra.ring.ProducerRing;
import io.vlink.infra.translation.AddressTranslation;
import io.vlink.spec.channel.DataChannelLayout;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SubChannel;
import io.vlink.spec.pci.Limits;
import io.vlink.spec.record.HostCounter;
import io.vlink.spec.record.QuarantineReason;
import java.lang.foreign.MemorySegment;

/**
 * The host's end of a data channel: lends packets and empty buffers to the guest, and takes both back after checking them
 * (SPEC.md section 8.2). A bad descriptor costs its packet only; an impossible position, or too many bad descriptors, quarantine
 * the channel until the next epoch. Rings have the guest's names. Each descriptor is read once, checked, and passed on in one
 * turn of a loop, as the cost of a packet is the cost of this file. One thread: the worker of the channel.
 */
final class HostChannel {
    /** Empty buffers are lent when at least this many slots of the ring are free, so that a publish is worth it. */
    private static final int REFILL = 32;
    /** Buffers taken from {@code free} and put on {@code alloc} in one turn, at most. */
    private static final int TURN = 256;

    /** Polls in a row that find nothing, up to which each looks at the empty buffers. */
    private static final int QUIET_POLLS = 32;
    /** Of the other polls that find little or nothing, how many do not look at them, as a mask. */
    private static final int POLL_MASK = 7;

    private final int number;
    private final LinkBuffers buffers;
    private final AddressTranslation translation;
    private final BufferLedger ledger;
    private final PoolLayout layout;
    private final FreeList freeList;
    private final ChannelCounters counters;
    private final ProducerRing rx;
    private final ConsumerRing tx;
    private final ProducerRing alloc;
    private final ConsumerRing free;
    private final ChainAssembler chain;
    private final DescriptorBatch batch;
    /** Copies of descriptors, where packets may be chains. */
    private final PacketBurst copies;
    private final FrameLimits limits;
    private final FrameLoans loans;
    private final int refill;
    private int epoch;
    private int polls;
    private int emptyPolls;
    private final BadDescriptorLimit badLimit = new BadDescriptorLimit();
    private boolean quarantined;
    private HostCounter chainFault;

    /**
     * The host's end of a data channel.
     *
     * @param memory    exactly the channel's bytes
     * @param number    data channel, from 0
     * @param queueSize descriptors in each ring
     * @param buffers   the link's buffers
     * @param limits    how large packets may be
     * @param counters  the channel's counters
     */
    HostChannel(MemorySegment memory, int number, int queueSize, LinkBuffers buffers, FrameLimits limits,
            ChannelCounters counters) {
        this.number = number;
        this.buffers = buffers;
        this.translation = buffers.translation;
        this.ledger = buffers.ledger;
        this.layout = buffers.layout;
        this.freeList = buffers.freeList(number);
        this.limits = limits;
        this.counters = counters;
        this.refill = Math.min(REFILL, queueSize / 2);
        this.batch = new DescriptorBatch(queueSize);
        this.copies = new PacketBurst(limits.maxSegments() > 1 ? queueSize : 1);
        this.loans = new FrameLoans(buffers, limits.maxFrameBytes(), number);
        this.chain = new ChainAssembler(limits.maxSegments(), limits.maxFrameBytes());
        rx = new ProducerRing(ring(memory, SubChannel.RX, queueSize), queueSize);
        tx = new ConsumerRing(ring(memory, SubChannel.TX, queueSize), queueSize);
        alloc = new ProducerRing(ring(memory, SubChannel.ALLOC, queueSize), queueSize);
        free = new ConsumerRing(ring(memory, SubChannel.FREE, queueSize), queueSize);
    }

    private static MemorySegment ring(MemorySegment memory, SubChannel ring, int queueSize) {
        return memory.asSlice(DataChannelLayout.ringOffset(ring, queueSize), RingLayout.bytes(queueSize));
    }

    /** Empties the rings for a new epoch, takes all buffers back and ends a quarantine; only while the guest is quiet. */
    void reset(int newEpoch) {
        epoch = newEpoch;
        loans.startEpoch(newEpoch);
        rx.reset();
        tx.reset();
        alloc.reset();
        free.reset();
        giveUpChain();
        quarantined = false;
        badLimit.reset();
        emptyPolls = 0;
        counters.add(HostCounter.RECLAIMED_BUFFERS, buffers.reclaim(number));
        counters.startEpoch(newEpoch);
        counters.publish();
    }

    boolean isQuarantined() {
        return quarantined;
    }

    /** {@return whether the guest has taken all packets} */
    boolean isDrained(int queueSize) {
        return quarantined || transmitRoom(queueSize) == queueSize;
    }

    /** {@return descriptors that {@link #transmit} would take now, up to a number} */
    int transmitRoom(int wanted) {
        if (quarantined) {
            return 0;
        }
        int room = rx.room(wanted);
        if (room == ProducerRing.FAULT) {
            quarantine(QuarantineReason.RX_POSITION);
            return 0;
        }
        return Math.min(room, wanted);
    }

    /**
     * Lends packets to the guest, from the first on; a chain whole or not at all.
     *
     * @param packets stay where they are; the meta words of those that are taken get their generation
     * @return how many entries were taken
     * @throws IllegalArgumentException for a packet that the caller may not lend; those before it are on their way
     */
    int transmit(PacketBurst packets) {
        int wanted = packets.count;
        int room = transmitRoom(wanted);
        int taken;
        if (limits.maxSegments() > 1) {
            taken = lendChains(packets, room);
        } else {
            taken = room == 1
                    ? lendFrame(packets.offset(0), Descriptor.lengthAndFlags(packets.meta(0)))
                    : lendFrames(packets, room);
        }
        if (taken < wanted) {
            finishShort(packets, taken, room);
        }
        counters.publish();
        return taken;
    }

    /** Lends one packet of one buffer, without a loop around it: that is a tenth of a lone packet's way there and back. */
    private int lendFrame(long offset, long length) {
        long generation = loans.lend(offset, length);
        if (!BufferLedger.isLoan(generation)) {
            return 0;
        }
        rx.offer(translation.toBusAddress(offset), length | generation);
        counters.add(HostCounter.TX_PACKETS, 1);
        counters.add(HostCounter.TX_BYTES, length);
        return 1;
    }

    /** Lends packets of one buffer each, until one may not be lent; returns how many. */
    private int lendFrames(PacketBurst packets, int room) {
        int taken = loans.lend(packets, room);
        translation.offer(rx, packets, taken, batch);
        counters.add(HostCounter.TX_PACKETS, taken);
        counters.add(HostCounter.TX_BYTES, loans.bytes());
        return taken;
    }

    private int lendChains(PacketBurst packets, int room) {
        int taken = 0;
        while (taken < room) {
            int segments = limits.chainLength(packets, taken);
            long bytes = segments > room - taken ? -1 : lendChain(packets, taken, segments);
            if (bytes < 0) {
                break;
            }
            taken += segments;
            counters.add(HostCounter.TX_PACKETS, 1);
            counters.add(HostCounter.TX_BYTES, bytes);
        }
        batch.count = taken;
        rx.offer(batch);
        return taken;
    }

    /** Lends bytes that lie in a buffer of the pool, if the program holds it. */
    private boolean lend(long offset, int length, int flags, int index) {
        long generation = Checks.ON ? ledger.lend(layout.bufferAt(offset), loans.borrower()) : 0;
        if (!BufferLedger.isLoan(generation)) {
            return false;
        }
        batch.set(index, translation.toBusAddress(offset), Descriptor.meta(length, flags, 0) | generation);
        return true;
    }

    /** Lends the buffers of a chain if every one of them may be; returns the packet's bytes, or -1. */
    private long lendChain(PacketBurst packets, int first, int segments) {
        long bytes = 0;
        for (int i = first; i < first + segments; i++) {
            bytes += packets.length(i);
            if (!buffers.isLendable(packets.offset(i), packets.length(i))) {
                return -1;
            }
        }
        if (segments > limits.maxSegments() || bytes > limits.maxFrameBytes() || bytes < Limits.MIN_FRAME_BYTES) {
            return -1;
        }
        for (int i = first; i < first + segments; i++) {
            int flags = i == first + segments - 1 ? 0 : Descriptor.FLAG_MORE;
            if (!lend(packets.offset(i), packets.length(i), flags, i)) {
                takeBackUnpublished(packets, first, i);
                return -1;
            }
        }
        return bytes;
    }

    /** A buffer stood in the chain twice: those before it were never published, so they are still the program's. */
    private void takeBackUnpublished(PacketBurst packets, int from, int to) {
        for (int i = from; i < to; i++) {
            ledger.hold(layout.bufferAt(packets.offset(i)));
        }
    }

    private void finishShort(PacketBurst packets, int taken, int room) {
        counters.publish();
        int segments = Descriptor.flags(packets.meta(taken)) == 0 ? 1 : limits.chainLength(packets, taken);
        if (quarantined || (segments > room - taken && segments <= limits.maxSegments())) {
            counters.add(HostCounter.TX_FULL, limits.packets(packets, taken));
            return;
        }
        throw new IllegalArgumentException("packet must be " + Limits.MIN_FRAME_BYTES + " to " + limits.maxFrameBytes()
                + " bytes in buffers that the program holds, and end in the burst:"
                + " packet=" + taken + " offset=0x" + Long.toHexString(packets.offset(taken)) + " length="
                + packets.length(taken));
    }

    /**
     * Takes packets from the guest and appends the good ones to a burst; then takes back and lends out empty buffers.
     *
     * @param into receives packets that lie in buffers which are the host's again
     * @return how many entries
     */
    int receive(PacketBurst into) {
        if (quarantined) {
            return 0;
        }
        int before = into.count;
        int ready = tx.ready();
        if (ready > 0) {
            if (ready == 1 && limits.maxSegments() == 1 && into.count < into.capacity()) {
                receiveFrame(into);
            } else if (limits.maxSegments() == 1) {
                receiveFrames(into, tx.peek(into, into.capacity()));
            } else {
                receiveChains(into, tx.peek(copies, into.capacity() - into.count));
            }
        } else if (ready == ConsumerRing.FAULT) {
            quarantine(QuarantineReason.TX_POSITION);
        } else if (chain.isComplete()) {
            handOut(into);
        }
        int received = into.count - before;
        emptyPolls = received == 0 ? emptyPolls + 1 : 0;
        boolean becomesQuiet = received == 0 && emptyPolls <= QUIET_POLLS;
        if (received >= REFILL || becomesQuiet || (polls++ & POLL_MASK) == 0) {
            exchangeEmpty();
        } else {
            counters.publish();
        }
        return received;
    }

    /** As {@link #receiveFrames} of a lone packet. */
    private void receiveFrame(PacketBurst into) {
        long offset = translation.toOffset(tx.nextAddress());
        long meta = tx.nextMeta();
        tx.release(1);
        if (loans.takeBack(offset, meta)) {
            into.add(offset, meta);
            counters.add(HostCounter.RX_PACKETS, 1);
            counters.add(HostCounter.RX_BYTES, Descriptor.lengthAndFlags(meta));
        } else {
            dropFrame(offset, meta);
        }
    }

    /** Checks the copies that lie behind a burst's packets, and makes packets of the good ones. */
    private void receiveFrames(PacketBurst into, int count) {
        int first = into.count;
        int end = first + count;
        translation.toOffsets(into, first, end);
        int good = loans.takeBack(into, first, end);
        into.count = good;
        counters.add(HostCounter.RX_BYTES, loans.bytes());
        if (good < end) {
            receiveSome(into, good, end);
        }
        tx.release(count);
        counters.add(HostCounter.RX_PACKETS, into.count - first);
    }

    /** As {@link #receiveFrames}, where some copies are not in order: the good ones move up. */
    private void receiveSome(PacketBurst into, int from, int to) {
        for (int i = from; i < to; i++) {
            long offset = into.offset(i);
            long meta = into.meta(i);
            if (loans.takeBack(offset, meta)) {
                into.add(offset, meta);
                counters.add(HostCounter.RX_BYTES, Descriptor.lengthAndFlags(meta));
            } else {
                dropFrame(offset, meta);
            }
        }
    }

    /** Counts a packet that failed a check. If only its size or its flags did, its buffer was lent and comes back. */
    private void dropFrame(long offset, long meta) {
        HostCounter fault = takeBack(offset, meta);
        if (fault == null) {
            buffers.release(number, layout.bufferAt(offset));
            fault = frameFault(meta);
        }
        countDropped(fault);
    }

    private static HostCounter frameFault(long meta) {
        return Descriptor.flags(meta) != 0 ? HostCounter.DROP_BAD_FLAGS : HostCounter.DROP_BAD_LENGTH;
    }

    /** Takes a buffer back if it was lent to this channel; returns null, or why not. */
    private HostCounter takeBack(long offset, long meta) {
        int buffer = layout.bufferAt(offset);
        if (buffer == PoolLayout.OUTSIDE) {
            return HostCounter.DROP_BAD_ADDRESS;
        }
        int result = ledger.takeBack(buffer, epoch, number, Descriptor.generation(meta));
        if (result == BufferLedger.TAKEN_BACK) {
            return null;
        }
        return result == BufferLedger.STALE_GENERATION
                ? HostCounter.DROP_STALE_GENERATION
                : HostCounter.DROP_NOT_LENT;
    }

    private void countDropped(HostCounter reason) {
        counters.add(reason, 1);
        counters.add(HostCounter.RX_DROPPED, 1);
        noteBad();
    }

    /** A guest that returns little but nonsense costs the host more than its traffic is worth. */
    private void noteBad() {
        if (badLimit.isExceededAt(tx.position() + free.position())) {
            quarantine(QuarantineReason.BAD_DESCRIPTORS);
        }
    }

    /** As {@link #receiveFrames}, where a packet may be several descriptors; stops when the burst cannot take the next one. */
    private void receiveChains(PacketBurst into, int count) {
        int taken = 0;
        while (taken < count && (!chain.isComplete() || handOut(into))) {
            long offset = translation.toOffset(copies.offset(taken));
            long meta = copies.meta(taken++);
            long size = Descriptor.lengthAndFlags(meta);
            HostCounter fault = takeBack(offset, meta);
            if (fault == null) {
                fault = segmentFault(offset, meta);
                boolean kept = chain.add(fault == null ? offset : -1, size);
                if (!kept) {
                    fault = fault == null ? HostCounter.DROP_BAD_LENGTH : fault;
                    buffers.release(number, layout.bufferAt(offset));
                }
            } else {
                chain.add(-1, size);
            }
            chainFault = chainFault == null ? fault : chainFault;
            if (fault != null) {
                noteBad(); // also of a chain that never ends, which is never counted as a packet
            }
        }
        tx.release(taken);
        if (chain.isComplete()) {
            handOut(into);
        }
    }

    private HostCounter segmentFault(long offset, long meta) {
        int length = Descriptor.length(meta);
        if ((Descriptor.flags(meta) & ~Descriptor.FLAGS_KNOWN) != 0) {
            return HostCounter.DROP_BAD_FLAGS;
        }
        return length > 0 && length <= layout.bytesToEnd(offset) ? null : HostCounter.DROP_BAD_LENGTH;
    }

    /** Passes a complete packet on, or gives it up if it is spoilt; false if the burst has no room for it. */
    private boolean handOut(PacketBurst into) {
        if (chain.isSpoilt() || chain.bytes() < Limits.MIN_FRAME_BYTES) {
            countDropped(chainFault == null ? HostCounter.DROP_BAD_LENGTH : chainFault);
            giveUpChain();
            return true;
        }
        int bytes = chain.bytes();
        boolean moved = chain.moveTo(into);
        if (moved) {
            counters.add(HostCounter.RX_PACKETS, 1);
            counters.add(HostCounter.RX_BYTES, bytes);
        }
        return moved;
    }

    private void giveUpChain() {
        PacketBurst segments = chain.segments();
        for (int i = 0; i < segments.count; i++) {
            buffers.release(number, layout.bufferAt(segments.offset(i)));
        }
        chain.clear();
        chainFault = null;
    }

    /** Takes empty buffers back and lends others: two more lines that are shared with the guest, so not with each poll. */
    private void exchangeEmpty() {
        if (!quarantined) {
            reclaim();
            lendEmpty();
        }
        counters.publish();
    }

    /** Takes back what the guest has given back, for a program that only sends. */
    void takeBackFreed() {
        if (!quarantined) {
            reclaim();
            counters.publish();
        }
    }

    private int reclaim() {
        int count = free.poll(batch, TURN);
        if (count == ConsumerRing.FAULT) {
            quarantine(QuarantineReason.FREE_POSITION);
            return 0;
        }
        int good = 0;
        for (int i = 0; i < count; i++) {
            long offset = translation.toOffset(batch.address(i));
            HostCounter fault = Checks.ON ? takeBack(offset, batch.meta(i)) : null;
            if (fault == null) {
                buffers.release(number, layout.bufferAt(offset));
                good++;
            } else {
                counters.add(fault, 1);
                noteBad();
            }
        }
        counters.add(HostCounter.FREE_BUFFERS, good);
        return count;
    }

    private int lendEmpty() {
        int room = quarantined ? 0 : alloc.room(refill);
        if (room == ProducerRing.FAULT) {
            quarantine(QuarantineReason.ALLOC_POSITION);
            return 0;
        }
        if (room < refill) {
            return 0;
        }
        int most = Math.min(room, TURN);
        int count = Math.min(most, freeList.available(most));
        for (int i = 0; i < count; i++) {
            int buffer = freeList.take();
            ledger.hold(buffer);
            int headroom = buffers.headroom(buffer);
            lend(layout.offsetOf(buffer) + headroom, layout.bufferBytes() - headroom, 0, i);
        }
        if (count > 0) {
            batch.count = count;
            alloc.offer(batch);
            counters.add(HostCounter.ALLOC_BUFFERS, count);
        }
        return count;
    }

    /** Counts packets that the program gave up. */
    void countDropped(int packets) {
        counters.add(HostCounter.TX_DROPPED, packets);
        counters.publish();
    }

    private void quarantine(QuarantineReason reason) {
        if (!quarantined) {
            quarantined = true;
            counters.set(HostCounter.QUARANTINED, 1);
            counters.set(HostCounter.QUARANTINE_REASON, reason.code());
            counters.publish();
        }
    }
}
