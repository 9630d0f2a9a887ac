// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.infra.pool.BufferLedger;
import io.vlink.infra.pool.PoolLayout;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.record.HostCounter;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/** The host's end of a channel as its check and its loans see it: a pool, a ledger, and a ring on which a guest returns things. */
final class LoanHost {
    static final int BUFFER_BYTES = 2_048;
    static final int BUFFERS = 512;
    static final long POOL = 4L * BUFFER_BYTES;
    static final int MAX_FRAME = 1_514;
    static final int CHANNEL = 3;
    /** Descriptors of the ring. */
    static final int RING = 512;
    /** Loans that are noted at most. */
    static final int NOTED = 256;

    /** A descriptor. */
    record Loan(long offset, long meta) {
        int buffer() {
            return (int) ((offset - POOL) / BUFFER_BYTES);
        }

        Loan withGeneration(int generation) {
            return new Loan(offset, Descriptor.meta(Descriptor.length(meta), Descriptor.flags(meta), generation));
        }

        Loan withLength(int length) {
            return new Loan(offset, Descriptor.withLength(meta, length));
        }
    }

    /** What became of a descriptor: the packet, or the reason and the buffer that came back with it. */
    record Outcome(Loan packet, HostCounter fault, int buffer) {
    }

    final BufferLedger ledger = new BufferLedger(Arena.ofAuto().allocate(BUFFERS * 8L, 8));
    final LoanCheck check;
    final FrameLoans loans;
    final ProducerRing guest;
    final ConsumerRing tx;
    int epoch = 1;

    LoanHost(int noted) {
        this(noted, BackOff.SHORTEST);
    }

    LoanHost(int noted, int shortestWait) {
        check = new LoanCheck(ledger, new PoolLayout(POOL, BUFFERS, BUFFER_BYTES), MAX_FRAME, CHANNEL, noted,
                shortestWait);
        loans = new FrameLoans(check);
        var memory = Arena.ofAuto().allocate(RingLayout.bytes(RING), 128);
        guest = new ProducerRing(memory, RING);
        tx = new ConsumerRing(memory, RING);
        check.startEpoch(epoch);
        for (int buffer = 0; buffer < BUFFERS; buffer++) {
            ledger.free(buffer);
        }
    }

    /** As a channel does it; stops behind the first descriptors that the check takes at once, or at a limit. */
    List<Outcome> receive(PacketBurst into, int limit) {
        check.settle();
        int before = into.count();
        UncheckedDescriptors arrived = into.unchecked();
        tx.peek(arrived, limit);
        int good = check.acceptFrames(into);
        List<Outcome> outcomes = new ArrayList<>();
        long bytes = 0;
        for (int i = before; i < before + good; i++) {
            outcomes.add(new Outcome(new Loan(into.offset(i), into.meta(i)), null, 0));
            bytes += into.length(i);
        }
        assertThat(check.bytes()).isEqualTo(bytes);
        for (int i = good; i < arrived.count(); i++) {
            Loan copy = new Loan(arrived.address(i), arrived.meta(i));
            HostCounter fault = check.acceptFrame(arrived, i, into);
            outcomes.add(fault == null ? new Outcome(copy, null, 0) : new Outcome(null, fault, check.returnedBuffer()));
            if (check.returnedBuffer() != PoolLayout.OUTSIDE) {
                ledger.free(check.returnedBuffer());
            }
        }
        tx.release(arrived.count());
        return outcomes;
    }

    /** Lends the first packets of a burst; returns what the guest gets. */
    List<Loan> lend(PacketBurst packets, int count) {
        int taken = loans.lend(packets, count);
        List<Loan> lent = new ArrayList<>();
        long bytes = 0;
        for (int i = 0; i < taken; i++) {
            lent.add(new Loan(packets.offset(i), packets.meta(i)));
            bytes += packets.length(i);
        }
        assertThat(loans.bytes()).isEqualTo(bytes);
        return lent;
    }

    List<Long> words() {
        List<Long> words = new ArrayList<>();
        for (int buffer = 0; buffer < BUFFERS; buffer++) {
            words.add(ledger.entry(buffer));
        }
        return words;
    }

    /** Makes packets of free buffers. */
    void fill(PacketBurst burst, List<Integer> buffers, int length) {
        for (int buffer : buffers) {
            ledger.hold(buffer);
            burst.add(POOL + (long) buffer * BUFFER_BYTES, Descriptor.meta(length, 0, 0));
        }
    }

    boolean isInStep() {
        return check.log().isInStep();
    }

    void giveBack(List<Loan> loans) {
        loans.forEach(loan -> assertThat(guest.room(1)).isPositive());
        loans.forEach(loan -> guest.offer(loan.offset(), loan.meta()));
    }
}
