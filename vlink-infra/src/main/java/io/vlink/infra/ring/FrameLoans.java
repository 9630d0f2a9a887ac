// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import io.vlink.infra.pool.BufferLedger;
import io.vlink.spec.channel.Descriptor;

/**
 * Lends packets of one buffer each to the guest: with the check of what comes back ({@link LoanCheck}), the loop that the
 * host's part of a packet's cost is made of. Goes through a burst until the first packet that is not in order, and leaves that
 * one to the caller. One thread: the worker of the channel.
 */
public final class FrameLoans {
    private final LoanCheck check;
    private final BufferLedger ledger;
    private final FrameBounds bounds;
    /** What is out, in order; null if nobody notes it. */
    private final LoanLog log;
    private long bytes;

    /**
     * The loans of a data channel.
     *
     * @param check the channel's: what it has let through is not measured again, and its epoch is that of the loans
     */
    public FrameLoans(LoanCheck check) {
        this.check = check;
        this.ledger = check.ledger();
        this.bounds = check.bounds();
        this.log = check.log();
    }

    /** {@return bytes of the packets that the last call has let through} */
    public long bytes() {
        return bytes;
    }

    /**
     * Lends packets that the program holds.
     *
     * @param packets the packets; the meta words of those that are lent get their generation
     * @param count   how many to lend, from the first on
     * @return how many were lent
     */
    public int lend(PacketBurst packets, int count) {
        return log == null ? lendByLedger(packets, count) : lendByLog(packets, count);
    }

    private int lendByLog(PacketBurst packets, int count) {
        if (!log.isOpen() && packets.passed(bounds) == count) {
            log.openFor(count);
        }
        if (!log.isOpen()) {
            return lendByLedger(packets, count);
        }
        if (log.lendRun(packets, count)) {
            bytes = packets.bytes(count);
            return count;
        }
        int lent = lendByLedger(packets, count);
        log.note(packets, lent, bytes, check.borrower());
        return lent;
    }

    private int lendByLedger(PacketBurst packets, int count) {
        bytes = 0;
        int lent = lendUnchanged(packets, Math.min(count, packets.passed(bounds)));
        return lent == count ? lent : lendOthers(packets, lent, count);
    }

    /** Lends packets that stand in their burst as the check has left them: only the ledger has to be asked. */
    private int lendUnchanged(PacketBurst packets, int to) {
        // Fields in locals: a store to the ledger may change a field, for all that the compiler knows.
        BufferLedger book = ledger;
        FrameBounds frames = bounds;
        long guest = check.borrower();
        int i = 0;
        for (; i < to; i++) {
            long generation = book.lend(frames.bufferOf(packets.offset(i)), guest);
            if (!BufferLedger.isLoan(generation)) {
                break;
            }
            packets.generation(i, Descriptor.lengthAndFlags(packets.meta(i)) | generation);
        }
        bytes = packets.bytes(i); // known if all were lent; a sum in the loop is one register too many for it
        return i;
    }

    private int lendOthers(PacketBurst packets, int from, int to) {
        BufferLedger book = ledger;
        FrameBounds frames = bounds;
        long guest = check.borrower();
        long sum = 0;
        int i = from;
        for (; i < to; i++) {
            long offset = packets.offset(i);
            long length = Descriptor.lengthAndFlags(packets.meta(i));
            long generation = 0;
            if (Checks.ON) {
                if (!frames.isFrame(offset, length)) {
                    break;
                }
                generation = book.lend(frames.bufferOf(offset), guest);
                if (!BufferLedger.isLoan(generation)) {
                    break;
                }
            }
            packets.generation(i, length | generation);
            sum += length;
        }
        bytes += sum;
        return i;
    }

    /**
     * As {@link #lend(PacketBurst, int)}, of one packet.
     *
     * @param offset bytes from the start of the region
     * @param length as {@link Descriptor#lengthAndFlags} says
     * @return the generation of this lending, in the bits where a meta word has it; or, if it may not be lent, a word of which
     *         {@link BufferLedger#isLoan} is false
     */
    public long lend(long offset, long length) {
        if (!Checks.ON) {
            return 0;
        }
        check.settle();
        return bounds.isFrame(offset, length)
                ? ledger.lend(bounds.bufferOf(offset), check.borrower())
                : BufferLedger.NO_LOAN;
    }
}
