// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.pool.BufferLedger;
import io.vlink.infra.ring.Checks;
import io.vlink.infra.ring.FrameBounds;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.record.LedgerEntry;

/**
 * Lends packets of one buffer each to the guest: with the check of what comes back ({@code LoanCheck}), the loop that the
 * host's part of a packet's cost is made of. Goes through a burst until the first packet that is not in order, and leaves that
 * one to the caller. One thread: the worker of the channel.
 */
final class FrameLoans {
    private final BufferLedger ledger;
    private final FrameBounds bounds;
    private final int channel;
    private long borrower;
    private long bytes;

    /**
     * The loans of a data channel.
     *
     * @param buffers       the link's buffers
     * @param maxFrameBytes bytes of a packet at most
     * @param channel       data channel, from 0
     */
    FrameLoans(LinkBuffers buffers, int maxFrameBytes, int channel) {
        this.ledger = buffers.ledger;
        this.bounds = new FrameBounds(buffers.layout.offsetOf(0), buffers.layout.bufferCount(),
                buffers.layout.bufferBytes(), maxFrameBytes);
        this.channel = channel;
    }

    /** Lends in a new epoch from now on. */
    void startEpoch(int epoch) {
        borrower = LedgerEntry.lent(epoch, channel, 0);
    }

    /** The ledger's word for a buffer that is lent here, in this epoch, with generation 0. */
    long borrower() {
        return borrower;
    }

    /** Bytes of the packets that the last call has let through. */
    long bytes() {
        return bytes;
    }

    /**
     * Lends packets that the program holds.
     *
     * @param packets the packets; the meta words of those that are lent get their generation
     * @param count   how many to lend, from the first on
     * @return how many were lent
     */
    int lend(PacketBurst packets, int count) {
        // Fields in locals: a store to the ledger may change a field, for all that the compiler knows.
        BufferLedger book = ledger;
        FrameBounds frames = bounds;
        long guest = borrower;
        long sum = 0;
        int i = 0;
        for (; i < count; i++) {
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
            packets.meta(i, length | generation);
            sum += length;
        }
        bytes = sum;
        return i;
    }

    /** As {@link #lend(PacketBurst, int)}, of one packet; the result is as that of the ledger's lend. */
    long lend(long offset, long length) {
        if (!Checks.ON) {
            return 0;
        }
        return bounds.isFrame(offset, length) ? ledger.lend(bounds.bufferOf(offset), borrower) : BufferLedger.NO_LOAN;
    }
}
