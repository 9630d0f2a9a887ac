// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.pool.BufferLedger;
import io.vlink.infra.pool.PoolLayout;
import io.vlink.infra.ring.ChainAssembler;
import io.vlink.infra.ring.Checks;
import io.vlink.infra.ring.ConsumerRing;
import io.vlink.infra.ring.DescriptorBatch;
import io.vlink.infra.ring.FrameLimits;
import io.vlink.infra.ring.FrameLoans;
import io.vlink.infra.ring.LoanCheck;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.infra.ring.ProducerRing;
import io.vlink.infra.ring.UncheckedDescriptors;
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
 * the channel until the next epoch. Rings have the guest's names. One thread: the worker of the channel.
 */
final class HostChannel {
    /** Polls in a row that find nothing, up to which each looks at the empty buffers. */
    private static final int QUIET_POLLS = 32;
    /** Of the other polls, how many do not look at them, as a mask; bursts of packets bring the next look forward. */
    private static final int POLL_MASK = 7;
    /** The same for polls that find packets, while the guest gives no empty buffers back. */
    private static final int BUSY_POLL_MASK = 31;
    /** Loans that are noted in their order, at most: more are seldom out, and each takes 32 bytes. */
    private static final int MOST_NOTED = 4_096;

    private final int number;
    private final LinkBuffers buffers;
    private final AddressTranslation translation;
    private final BufferLedger ledger;
    private final PoolLayout layout;
    private final ChannelCounters counters;
    private final MemorySegment region;
    private final ProducerRing rx;
    private final ConsumerRing tx;
    private final EmptyBuffers empty;
    private final ChainAssembler chain;
    private final DescriptorBatch batch;
    /** Copies of descriptors, where packets may be chains. */
    private final UncheckedDescriptors copies;
    private final FrameLimits limits;
    /** Whether a packet may be several descriptors. */
    private final boolean chains;
    private final FrameLoans loans;
    private final LoanCheck check;
    private final BadDescriptorLimit badLimit = new BadDescriptorLimit();
    /** Packets after which the empty buffers are looked at: half a ring, or as many as one turn lends. */
    private final int lookAfter;
    private int polls;
    /** Packets that have come, without those that looks at the empty buffers made up for: a guest may have made that many. */
    private int receivedSince;
    private int emptyPolls;
    /** Whether the guest had given buffers back at the last look. */
    private boolean givesBack;
    /** Buffers that the guest had given back in this epoch at the last look. */
    private long returnedAtLook;
    /** Whether packets were lent since the last prefetch, so that there are likely to be more. */
    private boolean lends;
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
     * @param region    the packet region
     * @param alone     whether it is the link's only one, so that all that is done with buffers is done by its worker
     */
    HostChannel(MemorySegment memory, int number, int queueSize, LinkBuffers buffers, FrameLimits limits,
            ChannelCounters counters, MemorySegment region, boolean alone) {
        this.number = number;
        this.buffers = buffers;
        this.translation = buffers.translation;
        this.ledger = buffers.ledger;
        this.layout = buffers.layout;
        this.limits = limits;
        this.chains = limits.maxSegments() > 1;
        this.counters = counters;
        this.region = region;
        this.lookAfter = Math.min(EmptyBuffers.TURN, queueSize / 2);
        this.batch = new DescriptorBatch(queueSize);
        this.copies = new UncheckedDescriptors(chains ? queueSize : 1);
        this.check = new LoanCheck(ledger, layout, limits.maxFrameBytes(), number,
                alone && !chains ? Math.min(2 * queueSize, MOST_NOTED) : 0);
        this.loans = new FrameLoans(check);
        this.chain = new ChainAssembler(limits.maxSegments(), limits.maxFrameBytes());
        rx = new ProducerRing(ring(memory, SubChannel.RX, queueSize), queueSize);
        tx = new ConsumerRing(ring(memory, SubChannel.TX, queueSize), queueSize);
        ProducerRing alloc = new ProducerRing(ring(memory, SubChannel.ALLOC, queueSize), queueSize);
        ConsumerRing free = new ConsumerRing(ring(memory, SubChannel.FREE, queueSize), queueSize);
        empty = new EmptyBuffers(alloc, free, queueSize, buffers, number, check, counters);
    }

    private static MemorySegment ring(MemorySegment memory, SubChannel ring, int queueSize) {
        return memory.asSlice(DataChannelLayout.ringOffset(ring, queueSize), RingLayout.bytes(queueSize));
    }

    /** Empties the rings for a new epoch, takes all buffers back and ends a quarantine; only while the guest is quiet. */
    void reset(int newEpoch) {
        check.startEpoch(newEpoch);
        rx.reset();
        tx.reset();
        empty.reset(check.borrower());
        giveUpChain();
        quarantined = false;
        badLimit.reset();
        emptyPolls = 0;
        returnedAtLook = 0;
        givesBack = false;
        lends = false;
        counters.add(HostCounter.RECLAIMED_BUFFERS, buffers.reclaim(number));
        counters.startEpoch(newEpoch);
        counters.publish();
    }

    /** Has the ledger know of all packets that the program has: before they are given back other than by {@link #transmit}. */
    void settle() {
        check.settle();
    }

    /** Has the ledger know of all packets: before the port is closed. */
    void settleAll() {
        check.closeLog();
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
        int wanted = packets.count();
        int room = transmitRoom(wanted);
        int taken;
        if (chains) {
            taken = lendChains(packets, room);
        } else {
            taken = room == 1 && !check.isNoting()
                    ? lendFrame(packets.offset(0), Descriptor.lengthAndFlags(packets.meta(0)))
                    : lendFrames(packets, room);
        }
        if (taken < wanted) {
            finishShort(packets, taken, room);
        }
        lends = taken > 0;
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
        rx.offer(packets, taken, translation, batch);
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
        long generation = Checks.ON ? ledger.lend(layout.bufferAt(offset), check.borrower()) : 0;
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
        check.settle();
        int before = into.count();
        int ready = tx.ready();
        if (ready > 0) {
            if (chains) {
                receiveChains(into);
            } else if (ready == 1 && into.room() > 0 && !check.isNoting()) {
                receiveFrame(into);
            } else {
                receiveFrames(into);
            }
        } else if (ready == ConsumerRing.FAULT) {
            quarantine(QuarantineReason.TX_POSITION);
        } else if (chain.isComplete()) {
            handOut(into);
        }
        int received = into.count() - before;
        emptyPolls = received == 0 ? emptyPolls + 1 : 0;
        boolean becomesQuiet = received == 0 && emptyPolls <= QUIET_POLLS;
        receivedSince += received;
        int mask = received == 0 || givesBack ? POLL_MASK : BUSY_POLL_MASK;
        if (receivedSince >= lookAfter || becomesQuiet || (polls++ & mask) == 0) {
            exchangeEmpty();
        } else {
            counters.publish();
        }
        return received;
    }

    /** Asks for the lines that the next {@link #receive} reads, and the one that the next {@link #transmit} publishes with. */
    void prefetch() {
        if (!quarantined) {
            tx.prefetch();
            if (lends) {
                lends = false;
                rx.prefetchPosition();
            }
        }
    }

    /** As {@link #receiveFrames} of a lone packet. */
    private void receiveFrame(PacketBurst into) {
        UncheckedDescriptors copy = into.unchecked();
        tx.take(copy);
        copy.toOffsets(translation);
        copy.prefetchToWrite(translation, region);
        receiveOne(copy, 0, into);
    }

    /** Copies descriptors behind a burst's packets, and makes packets of the good ones. */
    private void receiveFrames(PacketBurst into) {
        UncheckedDescriptors arrived = into.unchecked();
        tx.peek(arrived, into.capacity());
        arrived.toOffsets(translation);
        int good = check.acceptFrames(into);
        int count = arrived.count();
        counters.add(HostCounter.RX_PACKETS, good);
        counters.add(HostCounter.RX_BYTES, check.bytes());
        for (int i = good; i < count; i++) {
            receiveOne(arrived, i, into);
        }
        tx.release(count);
    }

    private void receiveOne(UncheckedDescriptors arrived, int index, PacketBurst into) {
        HostCounter fault = check.acceptFrame(arrived, index, into);
        if (fault == null) {
            counters.add(HostCounter.RX_PACKETS, 1);
            counters.add(HostCounter.RX_BYTES, check.bytes());
        } else {
            releaseReturned();
            countDropped(fault);
        }
    }

    /** Of a refused descriptor only the size or the flags may be wrong: then its buffer was lent, and comes back. */
    private void releaseReturned() {
        if (check.returnedBuffer() != PoolLayout.OUTSIDE) {
            buffers.release(number, check.returnedBuffer());
        }
    }

    private void countDropped(HostCounter reason) {
        counters.add(reason, 1);
        counters.add(HostCounter.RX_DROPPED, 1);
        noteBad();
    }

    /** A guest that returns little but nonsense costs the host more than its traffic is worth. */
    private void noteBad() {
        if (badLimit.isExceededAt(tx.position() + empty.returned())) {
            quarantine(QuarantineReason.BAD_DESCRIPTORS);
        }
    }

    /** As {@link #receiveFrames}, where a packet may be several descriptors; stops when the burst cannot take the next one. */
    private void receiveChains(PacketBurst into) {
        int count = tx.peek(copies, into.room());
        copies.toOffsets(translation);
        int taken = 0;
        while (taken < count && (!chain.isComplete() || handOut(into))) {
            HostCounter fault = check.acceptSegment(copies, taken++, chain);
            if (fault != null) {
                releaseReturned();
                chainFault = chainFault == null ? fault : chainFault;
                noteBad(); // also of a chain that never ends, which is never counted as a packet
            }
        }
        tx.release(taken);
        if (chain.isComplete()) {
            handOut(into);
        }
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
        for (int i = 0; i < segments.count(); i++) {
            buffers.release(number, layout.bufferAt(segments.offset(i)));
        }
        chain.clear();
        chainFault = null;
    }

    /** Takes empty buffers back and lends others: two more lines that are shared with the guest, so not with each poll. */
    private void exchangeEmpty() {
        receivedSince = Math.max(0, receivedSince - EmptyBuffers.TURN);
        reclaim();
        givesBack = empty.returned() != returnedAtLook;
        returnedAtLook = empty.returned();
        if (!quarantined && !empty.lend()) {
            quarantine(QuarantineReason.ALLOC_POSITION);
        }
        counters.publish();
    }

    /** Takes back what the guest has given back, for a program that only sends. */
    void takeBackFreed() {
        reclaim();
        counters.publish();
    }

    private void reclaim() {
        int bad = quarantined ? 0 : empty.takeBack();
        if (bad == ConsumerRing.FAULT) {
            quarantine(QuarantineReason.FREE_POSITION);
        }
        for (int i = 0; i < bad; i++) {
            noteBad();
        }
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
