// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.pool.FreeList;
import io.vlink.infra.ring.Checks;
import io.vlink.infra.ring.ConsumerRing;
import io.vlink.infra.ring.DescriptorBatch;
import io.vlink.infra.ring.LoanCheck;
import io.vlink.infra.ring.ProducerRing;
import io.vlink.infra.ring.UncheckedDescriptors;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.record.HostCounter;

/**
 * The empty buffers of a data channel: lends free ones, in which the guest makes packets of its own, and takes back those that
 * it does not want. One thread: the worker of the channel.
 */
final class EmptyBuffers {
    /** Buffers are lent when at least this many slots of the ring are free, so that a publish is worth it. */
    private static final int REFILL = 32;
    /** Buffers taken back, and lent, in one turn, at most. */
    static final int TURN = 256;

    private final ProducerRing alloc;
    private final ConsumerRing free;
    private final LinkBuffers buffers;
    private final FreeList freeList;
    private final LoanCheck check;
    private final ChannelCounters counters;
    private final int number;
    private final int refill;
    private final DescriptorBatch batch;
    private final UncheckedDescriptors copies;
    private long borrower;

    /**
     * The empty buffers of a data channel.
     *
     * @param alloc     the ring on which the guest gets them
     * @param free      the ring on which it gives them back
     * @param queueSize descriptors in each
     * @param buffers   the link's buffers
     * @param number    data channel, from 0
     * @param check     the channel's check
     * @param counters  the channel's counters
     */
    EmptyBuffers(ProducerRing alloc, ConsumerRing free, int queueSize, LinkBuffers buffers, int number, LoanCheck check,
            ChannelCounters counters) {
        this.alloc = alloc;
        this.free = free;
        this.buffers = buffers;
        this.freeList = buffers.freeList(number);
        this.check = check;
        this.counters = counters;
        this.number = number;
        this.refill = Math.min(REFILL, queueSize / 2);
        this.batch = new DescriptorBatch(Math.min(TURN, queueSize));
        this.copies = new UncheckedDescriptors(Math.min(TURN, queueSize));
    }

    /** Empties the rings for a new epoch, in which this is the ledger's word for a loan of generation 0. */
    void reset(long newBorrower) {
        alloc.reset();
        free.reset();
        borrower = newBorrower;
    }

    /** {@return how many the guest has given back in this epoch} */
    long returned() {
        return free.position();
    }

    /**
     * Takes back what the guest has given back.
     *
     * @return descriptors that were not in order, which are counted; or {@link ConsumerRing#FAULT}
     */
    int takeBack() {
        int count = free.poll(copies, TURN);
        if (count <= 0) {
            return count;
        }
        copies.toOffsets(buffers.translation);
        int bad = 0;
        for (int i = 0; i < count; i++) {
            HostCounter fault = check.acceptBuffer(copies, i);
            if (fault == null) {
                buffers.release(number, check.returnedBuffer());
            } else {
                counters.add(fault, 1);
                bad++;
            }
        }
        counters.add(HostCounter.FREE_BUFFERS, count - bad);
        return bad;
    }

    /**
     * Lends free buffers to the guest, if there is room for enough of them.
     *
     * @return false if the guest's position cannot be
     */
    boolean lend() {
        int room = alloc.room(refill);
        if (room == ProducerRing.FAULT) {
            return false;
        }
        if (room >= refill) {
            int most = Math.min(room, batch.capacity());
            lend(Math.min(most, freeList.available(most)));
        }
        return true;
    }

    private void lend(int count) {
        for (int i = 0; i < count; i++) {
            int buffer = freeList.take();
            int headroom = buffers.headroom(buffer);
            buffers.ledger.hold(buffer);
            long generation = Checks.ON ? buffers.ledger.lend(buffer, borrower) : 0;
            batch.set(i, buffers.translation.toBusAddress(buffers.layout.offsetOf(buffer) + headroom),
                    Descriptor.meta(buffers.layout.bufferBytes() - headroom, 0, 0) | generation);
        }
        if (count > 0) {
            batch.count = count;
            alloc.offer(batch);
            counters.add(HostCounter.ALLOC_BUFFERS, count);
        }
    }
}
