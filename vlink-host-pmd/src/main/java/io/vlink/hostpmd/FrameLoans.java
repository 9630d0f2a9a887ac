// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.pool.BufferLedger;
import io.vlink.infra.ring.Checks;
import io.vlink.infra.ring.DescriptorBatch;
import io.vlink.infra.ring.FrameBounds;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.infra.translation.AddressTranslation;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.record.LedgerEntry;

/**
 * Lends packets of one buffer each to the guest, and takes such packets back: the two loops that the host's part of a packet's
 * cost is made of. Both go through a burst until the first packet that is not in order, and leave that one to the caller. One
 * thread: the worker of the channel.
 */
final class FrameLoans {
    private final BufferLedger ledger;
    private final FrameBounds bounds;
    private final AddressTranslation translation;
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
        this.translation = buffers.translation;
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
     * @param packets the packets
     * @param count   how many to lend, from the first on
     * @param to      receives their descriptors, from index 0
     * @return how many were lent
     */
    int lend(PacketBurst packets, int count, DescriptorBatch to) {
        // Fields in locals: a store to the ledger may change a field, for all that the compiler knows.
        long[] offsets = packets.offset;
        long[] metas = packets.meta;
        BufferLedger book = ledger;
        FrameBounds frames = bounds;
        AddressTranslation table = translation;
        long guest = borrower;
        long sum = 0;
        int i = 0;
        for (; i < count; i++) {
            long offset = offsets[i];
            long length = metas[i];
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
            to.set(i, table.toBusAddress(offset), length | generation);
            sum += length;
        }
        bytes = sum;
        return i;
    }

    /** As {@link #lend(PacketBurst, int, DescriptorBatch)}, of one packet; the result is as that of the ledger's lend. */
    long lend(long offset, long length) {
        if (!Checks.ON) {
            return 0;
        }
        return bounds.isFrame(offset, length) ? ledger.lend(bounds.bufferOf(offset), borrower) : BufferLedger.NO_LOAN;
    }

    /** As {@link #takeBack(DescriptorBatch, int, PacketBurst)}, of one packet; whether it was taken back. */
    boolean takeBack(long offset, long meta) {
        return !Checks.ON || (bounds.isFrame(offset, Descriptor.lengthAndFlags(meta))
                && ledger.takeBack(bounds.bufferOf(offset), borrower, meta));
    }

    /**
     * Takes packets back that were lent here.
     *
     * @param from  descriptors from the guest
     * @param first the first of them
     * @param into  receives the packets, at its end
     * @return the first descriptor that was not taken back: one that is not in order, or {@code from.count}
     */
    int takeBack(DescriptorBatch from, int first, PacketBurst into) {
        long[] offsets = into.offset;
        long[] metas = into.meta;
        BufferLedger book = ledger;
        FrameBounds frames = bounds;
        AddressTranslation table = translation;
        long guest = borrower;
        int to = into.count;
        int count = from.count - first;
        long sum = 0;
        int i = 0;
        for (; i < count; i++) {
            long meta = from.meta(first + i);
            long offset = table.toOffset(from.address(first + i));
            long length = Descriptor.lengthAndFlags(meta);
            if (Checks.ON && !(frames.isFrame(offset, length) && book.takeBack(frames.bufferOf(offset), guest, meta))) {
                break;
            }
            offsets[to + i] = offset;
            metas[to + i] = length;
            sum += length;
        }
        into.count = to + i;
        bytes = sum;
        return first + i;
    }
}
