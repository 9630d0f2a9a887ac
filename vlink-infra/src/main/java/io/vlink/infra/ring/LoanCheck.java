// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import io.vlink.infra.pool.BufferLedger;
import io.vlink.infra.pool.PoolLayout;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.record.HostCounter;
import io.vlink.spec.record.LedgerEntry;

/**
 * The host's check of what a guest returns (SPEC.md section 8.2): on the host there is no other way from a descriptor off a ring
 * to a packet, a segment or a buffer. Lets through what was lent on this data channel, in this epoch and generation, and was not
 * returned since; the ledger then has it as the program's. Offsets must stand in place of bus addresses. One thread: the
 * worker of the channel.
 */
public final class LoanCheck {
    private final BufferLedger ledger;
    private final PoolLayout layout;
    private final FrameBounds bounds;
    private final int channel;
    /** What is out, in order; null if nobody notes it. */
    private final LoanLog log;
    private int epoch;
    private long borrower;
    private long bytes;
    private int returned = PoolLayout.OUTSIDE;

    /**
     * The check of a data channel, which asks the ledger for each packet.
     *
     * @param ledger        the link's ledger
     * @param layout        the link's pool
     * @param maxFrameBytes bytes of a packet at most
     * @param channel       data channel, from 0
     */
    public LoanCheck(BufferLedger ledger, PoolLayout layout, int maxFrameBytes, int channel) {
        this(ledger, layout, maxFrameBytes, channel, 0);
    }

    /**
     * The check of a data channel, which lends whole bursts again as they came back without asking the ledger for each packet.
     * For channels of which one thread has all buffers: before it asks the ledger for a buffer other than through this class and
     * {@link FrameLoans}, it calls {@link #settle}.
     *
     * @param ledger        the link's ledger
     * @param layout        the link's pool
     * @param maxFrameBytes bytes of a packet at most
     * @param channel       data channel, from 0
     * @param noted         loans that it has room for: a power of two up to 16,384, or 0 for the same as without
     */
    public LoanCheck(BufferLedger ledger, PoolLayout layout, int maxFrameBytes, int channel, int noted) {
        this(ledger, layout, maxFrameBytes, channel, noted, BackOff.SHORTEST);
    }

    /** With a log that is opened again sooner or later: after so many bursts, if it was of use. */
    LoanCheck(BufferLedger ledger, PoolLayout layout, int maxFrameBytes, int channel, int noted, int shortestWait) {
        this.ledger = ledger;
        this.layout = layout;
        this.bounds = new FrameBounds(layout.offsetOf(0), layout.bufferCount(), layout.bufferBytes(), maxFrameBytes);
        this.channel = channel;
        this.log = noted == 0 || !Checks.ON ? null : new LoanLog(ledger, bounds, noted, shortestWait);
    }

    /**
     * Lets through what is lent in a new epoch from now on.
     *
     * @param newEpoch epoch of the link
     */
    public void startEpoch(int newEpoch) {
        closeLog();
        epoch = newEpoch;
        borrower = LedgerEntry.lent(newEpoch, channel, 0);
    }

    /** Has the ledger know of all packets that the program has. */
    public void settle() {
        if (log != null) {
            log.settle();
        }
    }

    /** Has the ledger know of all packets, those that the guest has, too. */
    public void closeLog() {
        if (log != null && log.isOpen()) {
            log.close(borrower);
        }
    }

    /** {@return whether loans are noted, so that packets should come and go through the methods that take many} */
    public boolean isNoting() {
        return log != null && log.isOpen();
    }

    /** What is out, in order; null if nobody notes it. */
    LoanLog log() {
        return log;
    }

    private void beforeLedger() {
        if (log != null) {
            log.beforeLedger(borrower);
        }
    }

    BufferLedger ledger() {
        return ledger;
    }

    /** Where a packet of one buffer may lie, and how long it may be. */
    FrameBounds bounds() {
        return bounds;
    }

    /** {@return the ledger's word for a buffer that is lent on this channel, in this epoch, with generation 0} */
    public long borrower() {
        return borrower;
    }

    /** {@return bytes of the packets that the last call has let through} */
    public long bytes() {
        return bytes;
    }

    /**
     * The buffer that the last single descriptor brought back. One that is refused may have brought its buffer back for all that,
     * as only what it says of its packet is wrong: then the caller gives the buffer back to the pool.
     *
     * @return its index, or {@link PoolLayout#OUTSIDE} if it brought none
     */
    public int returnedBuffer() {
        return returned;
    }

    /**
     * Makes packets of the copies behind a burst's packets, up to the first that is not in order. The last copies may be left
     * for another time; then they are none any more.
     *
     * @param into receives the packets, each of one buffer, where the copies stand
     * @return how many; the other copies are for {@link #acceptFrame}, one by one
     */
    public int acceptFrames(PacketBurst into) {
        return isNoting() && into.unchecked().count() > 0 ? acceptByLog(into) : acceptByLedger(into);
    }

    private int acceptByLog(PacketBurst into) {
        UncheckedDescriptors copies = into.unchecked();
        int older = log.olderThanLog(copies, borrower);
        if (older > 0) {
            copies.keep(older);
            return acceptByLedger(into);
        }
        if (log.isUnused()) {
            log.close(borrower);
        }
        int from = into.count;
        int same = log.isOpen() ? log.takeBack(into) : 0;
        if (same == 0) {
            closeLog();
            return acceptByLedger(into);
        }
        copies.keep(same);
        bytes = log.bytes();
        into.pass(bounds, from, bytes);
        return same;
    }

    private int acceptByLedger(PacketBurst into) {
        // Fields in locals: a store to the ledger may change a field, for all that the compiler knows.
        BufferLedger book = ledger;
        FrameBounds frames = bounds;
        long guest = borrower;
        long sum = 0;
        int from = into.count;
        int to = from + into.unchecked().count();
        int i = from;
        for (; i < to; i++) {
            long offset = into.offset(i);
            long meta = into.meta(i);
            long length = Descriptor.lengthAndFlags(meta);
            if (Checks.ON && !(frames.isFrame(offset, length) && book.takeBack(frames.bufferOf(offset), guest, meta))) {
                break;
            }
            sum += length;
        }
        bytes = sum;
        into.count = i;
        if (Checks.ON) {
            into.pass(frames, from, sum);
        }
        return i - from;
    }

    /**
     * Appends a copy to a burst as a packet of one buffer, if it is in order.
     *
     * @param copies descriptors off a ring
     * @param index  which one
     * @param into   receives the packet; where the copies stand behind its packets, no later than this one's turn
     * @return null, or what is wrong; then see {@link #returnedBuffer}
     */
    public HostCounter acceptFrame(UncheckedDescriptors copies, int index, PacketBurst into) {
        beforeLedger();
        returned = PoolLayout.OUTSIDE;
        long offset = copies.address(index);
        long meta = copies.meta(index);
        long length = Descriptor.lengthAndFlags(meta);
        if (!Checks.ON || (bounds.isFrame(offset, length)
                && ledger.takeBack(bounds.bufferOf(offset), borrower, meta))) {
            into.add(offset, meta);
            bytes = length;
            return null;
        }
        HostCounter fault = takeBack(offset, meta);
        return fault != null ? fault : frameFault(meta);
    }

    private static HostCounter frameFault(long meta) {
        return Descriptor.flags(meta) != 0 ? HostCounter.DROP_BAD_FLAGS : HostCounter.DROP_BAD_LENGTH;
    }

    /**
     * Appends a copy to the chain of a packet. A copy that is not in order spoils the chain.
     *
     * @param copies descriptors off a ring
     * @param index  which one
     * @param chain  the packet so far
     * @return null, or what is wrong; then see {@link #returnedBuffer}
     */
    public HostCounter acceptSegment(UncheckedDescriptors copies, int index, ChainAssembler chain) {
        long offset = copies.address(index);
        long meta = copies.meta(index);
        HostCounter fault = takeBack(offset, meta);
        fault = fault != null ? fault : segmentFault(offset, meta);
        boolean kept = chain.add(fault == null ? offset : ChainAssembler.SPOILT, Descriptor.lengthAndFlags(meta));
        return kept || fault != null ? fault : HostCounter.DROP_BAD_LENGTH;
    }

    private HostCounter segmentFault(long offset, long meta) {
        int length = Descriptor.length(meta);
        if ((Descriptor.flags(meta) & ~Descriptor.FLAGS_KNOWN) != 0) {
            return HostCounter.DROP_BAD_FLAGS;
        }
        return length > 0 && length <= layout.bytesToEnd(offset) ? null : HostCounter.DROP_BAD_LENGTH;
    }

    /**
     * Takes an empty buffer back, of which only place and generation count.
     *
     * @param copies descriptors off a ring
     * @param index  which one
     * @return null, then {@link #returnedBuffer} is the caller's to give back to the pool; or what is wrong
     */
    public HostCounter acceptBuffer(UncheckedDescriptors copies, int index) {
        return takeBack(copies.address(index), copies.meta(index));
    }

    /** Takes a buffer back if it was lent here, and notes which; returns null, or why not. */
    private HostCounter takeBack(long offset, long meta) {
        beforeLedger();
        int buffer = layout.bufferAt(offset);
        returned = PoolLayout.OUTSIDE;
        if (buffer == PoolLayout.OUTSIDE) {
            return HostCounter.DROP_BAD_ADDRESS;
        }
        int result = Checks.ON
                ? ledger.takeBack(buffer, epoch, channel, Descriptor.generation(meta))
                : BufferLedger.TAKEN_BACK;
        if (result == BufferLedger.TAKEN_BACK) {
            returned = buffer;
            return null;
        }
        return result == BufferLedger.STALE_GENERATION
                ? HostCounter.DROP_STALE_GENERATION
                : HostCounter.DROP_NOT_LENT;
    }
}
