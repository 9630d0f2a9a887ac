// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.infra.pool.BufferLedger;
import io.vlink.infra.pool.PoolLayout;
import io.vlink.infra.ring.LoanHost.Loan;
import io.vlink.infra.ring.LoanHost.Outcome;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.record.HostCounter;
import io.vlink.spec.record.LedgerEntry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A check that notes what is out decides as one that asks the ledger for each packet, and the ledger is the same once it has been
 * told. One host is the other one's model: they get the same descriptors from a guest that nobody has to trust, and a program uses
 * three bursts in every way there is.
 */
class LoanLogModelTest {
    private static final int RUNS = 150;
    private static final int STEPS = 600;

    private long stepsByLog;
    private long openings;
    private long refused;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void everyDescriptorFaresAsItDoesWithoutALog(long seed) {
        for (int run = 0; run < RUNS; run++) {
            new Comparison(seed * RUNS + run).run();
        }
        assertThat(stepsByLog).as("steps of %d with the log in step, or this test says nothing", RUNS * STEPS)
                .isGreaterThan(RUNS * STEPS / 20);
        assertThat(openings).isGreaterThan(2L * RUNS);
        assertThat(refused).isGreaterThan(2L * RUNS);
    }

    /** A program and a guest, on a host with a log and on one without; in long stretches both have some sense. */
    private final class Comparison {
        final long seed;
        final Random random;
        final LoanHost[] hosts;
        final PacketBurst[][] bursts = new PacketBurst[3][2];
        final List<Loan> out = new ArrayList<>();
        final List<Loan> seen = new ArrayList<>();
        final List<Integer> free = new ArrayList<>();
        final UncheckedDescriptors copy = new UncheckedDescriptors(1);
        int sense = 100;

        Comparison(long seed) {
            this.seed = seed;
            random = new Random(seed);
            // A log that is opened again at once, as what matters happens while it is opened and closed.
            hosts = new LoanHost[]{new LoanHost(1 << (2 + random(7)), random(4)), new LoanHost(0)};
            for (PacketBurst[] pair : bursts) {
                int capacity = 8 + random(60);
                pair[0] = new PacketBurst(capacity);
                pair[1] = new PacketBurst(capacity);
            }
            int buffers = 4 + random(100);
            for (int i = 0; i < buffers; i++) {
                free.add(i);
            }
        }

        private int random(int bound) {
            return random.nextInt(bound);
        }

        private boolean isSensible() {
            return random(100) < sense;
        }

        private PacketBurst[] any() {
            return bursts[random(bursts.length)];
        }

        void run() {
            for (int step = 0; step < STEPS; step++) {
                try {
                    step();
                } catch (AssertionError | RuntimeException failure) {
                    throw new AssertionError("seed=" + seed + " step=" + step, failure);
                }
            }
            compareLedgers();
        }

        private void step() {
            boolean wasOpen = hosts[0].check.isNoting();
            if (random(60) == 0) {
                sense = new int[]{50, 90, 97, 99, 100}[random(5)];
            }
            guestReturns();
            PacketBurst[] burst = isSensible() ? bursts[0] : any();
            for (int i = random(3); i >= 0; i--) {
                receive(burst);
                if (random(3) > 0) {
                    program(isSensible() ? burst : any());
                }
            }
            program(isSensible() ? burst : any());
            if (random(8) == 0) {
                allocate();
            }
            if (random(1_000) == 0) {
                compareLedgers();
            }
            if (random(700) == 0) {
                beginEpoch();
            }
            stepsByLog += hosts[0].isInStep() ? 1 : 0;
            openings += !wasOpen && hosts[0].check.isNoting() ? 1 : 0;
        }

        /** For the program, and for the guest, which gets them empty. */
        private void allocate() {
            PacketBurst[] into = any();
            int count = Math.min(Math.min(into[0].room(), free.size()), random(20));
            for (int i = 0; i < count; i++) {
                int buffer = free.removeLast();
                for (int k = 0; k < 2; k++) {
                    hosts[k].fill(into[k], List.of(buffer), 14 + buffer);
                }
            }
            if (random(3) == 0 && !free.isEmpty()) {
                int buffer = free.removeLast();
                long[] generation = new long[2];
                for (int k = 0; k < 2; k++) {
                    hosts[k].ledger.hold(buffer);
                    generation[k] = hosts[k].ledger.lend(buffer, hosts[k].check.borrower());
                }
                assertThat(generation[0]).isEqualTo(generation[1]);
                lent(List.of(new Loan(LoanHost.POOL + (long) buffer * LoanHost.BUFFER_BYTES, generation[0] | 100)));
            }
        }

        private void lent(List<Loan> loans) {
            out.addAll(loans);
            seen.addAll(loans);
            if (seen.size() > 600) {
                seen.subList(0, 300).clear();
            }
        }

        private void guestReturns() {
            List<Loan> returned = new ArrayList<>();
            for (int i = Math.min(out.size(), random(24)); i > 0; i--) {
                returned.add(out.remove(isSensible() ? 0 : random(Math.min(out.size(), 1 + random(6)))));
            }
            if (!isSensible() && !seen.isEmpty()) {
                int back = random(Math.min(seen.size(), 1 + random(40)));
                returned.add(random(returned.size() + 1), seen.get(seen.size() - 1 - back));
            }
            if (!isSensible() && !returned.isEmpty()) {
                returned.add(random(returned.size() + 1), returned.get(random(returned.size())));
            }
            if (!isSensible() && returned.size() > 1) {
                Collections.swap(returned, random(returned.size()), random(returned.size()));
            }
            if (!isSensible() && !returned.isEmpty()) {
                int index = random(returned.size());
                returned.set(index, spoilt(returned.get(index)));
            }
            if (hosts[0].guest.room(LoanHost.RING) >= returned.size()) {
                hosts[0].giveBack(returned);
                hosts[1].giveBack(returned);
            }
            if (!isSensible() && !out.isEmpty()) {
                returnEmpty(random(3) == 0 ? seen.get(random(seen.size())) : out.remove(random(out.size())));
            }
        }

        private Loan spoilt(Loan loan) {
            return switch (random(5)) {
                case 0 -> loan.withLength(random(3_000) - 100);
                case 1 -> loan.withGeneration(Descriptor.generation(loan.meta()) + random(3) - 1);
                case 2 -> new Loan(loan.offset() + random(2_048) - 1_024, loan.meta());
                case 3 -> new Loan(random.nextLong(), random.nextLong());
                default -> new Loan(loan.offset(), loan.meta() | (1L << (32 + random(16))));
            };
        }

        /** On a ring of its own. */
        private void returnEmpty(Loan loan) {
            HostCounter[] fault = new HostCounter[2];
            int[] buffer = new int[2];
            for (int k = 0; k < 2; k++) {
                copy.begin();
                copy.words[0] = loan.offset();
                copy.words[1] = loan.meta();
                copy.copied(1);
                fault[k] = hosts[k].check.acceptBuffer(copy, 0);
                buffer[k] = hosts[k].check.returnedBuffer();
                if (fault[k] == null) {
                    hosts[k].ledger.free(buffer[k]);
                }
            }
            assertThat(fault[0]).isEqualTo(fault[1]);
            assertThat(buffer[0]).isEqualTo(buffer[1]);
            if (fault[0] == null) {
                free.add(buffer[0]);
            }
        }

        /** In bursts that end where the log has an end; the other host takes as many. */
        private void receive(PacketBurst[] into) {
            List<Outcome> outcomes = hosts[0].receive(into[0], 1 + random(40));
            List<Outcome> model = new ArrayList<>();
            while (model.size() < outcomes.size()) {
                List<Outcome> more = hosts[1].receive(into[1], outcomes.size() - model.size());
                assertThat(more).isNotEmpty();
                model.addAll(more);
            }
            assertThat(outcomes).isEqualTo(model);
            for (Outcome outcome : outcomes) {
                if (outcome.fault() != null && outcome.buffer() != PoolLayout.OUTSIDE) {
                    free.add(outcome.buffer());
                }
                refused += outcome.fault() != null ? 1 : 0;
            }
            compare(into);
        }

        private void compare(PacketBurst[] pair) {
            assertThat(pair[0].count()).isEqualTo(pair[1].count());
            long bytes = 0;
            for (int i = 0; i < pair[0].count(); i++) {
                assertThat(pair[0].offset(i)).isEqualTo(pair[1].offset(i));
                assertThat(pair[0].meta(i)).isEqualTo(pair[1].meta(i));
                bytes += pair[0].length(i);
            }
            assertThat(pair[0].bytes(pair[0].count())).isEqualTo(bytes);
        }

        private void program(PacketBurst[] pair) {
            int count = pair[0].count();
            if (count > 0) {
                if (isSensible()) {
                    lend(pair, count, true);
                } else {
                    foolish(pair, count);
                }
            }
        }

        private void foolish(PacketBurst[] pair, int count) {
            switch (random(11)) {
                case 0 -> lend(pair, random(count + 1), random.nextBoolean());
                case 1 -> {
                    int index = random(count);
                    int length = random(LoanHost.MAX_FRAME + 20);
                    pair[0].length(index, length);
                    pair[1].length(index, length);
                    lend(pair, count, true);
                }
                case 2 -> appendToAnother(pair, count);
                case 3 -> free(pair);
                case 4 -> {
                    lend(pair, count, false);
                    lend(pair, pair[0].count(), random.nextBoolean());
                }
                case 5 -> {
                    int shown = random(count + 1);
                    pair[0].hideAllAfter(shown);
                    pair[1].hideAllAfter(shown);
                    lend(pair, shown, true);
                    pair[0].reveal();
                    pair[1].reveal();
                    lend(pair, pair[0].count(), true);
                }
                case 6 -> {
                    int most = random(count + 1);
                    pair[0].truncate(most);
                    pair[1].truncate(most);
                }
                case 7 -> {
                    int from = random(count);
                    int to = from + random(count - from + 1);
                    pair[0].remove(from, to);
                    pair[1].remove(from, to);
                }
                case 8 -> swap(pair, count);
                case 9 -> invent(pair, count);
                default -> lendAlone(pair);
            }
        }

        private void appendToAnother(PacketBurst[] pair, int count) {
            PacketBurst[] other = any();
            if (other[0] != pair[0] && other[0].room() >= count) {
                boolean clear = random.nextBoolean();
                for (int k = 0; k < 2; k++) {
                    other[k].addAll(pair[k]);
                    if (clear) {
                        pair[k].clear();
                    }
                }
                lend(other, other[0].count(), random.nextBoolean());
            }
        }

        private void swap(PacketBurst[] pair, int count) {
            int one = random(count);
            int two = random(count);
            for (PacketBurst burst : pair) {
                long offset = burst.offset(one);
                long meta = burst.meta(one);
                burst.set(one, burst.offset(two), burst.meta(two));
                burst.set(two, offset, meta);
            }
            lend(pair, count, true);
        }

        /** A packet that is in the burst already, or any other. */
        private void invent(PacketBurst[] pair, int count) {
            if (pair[0].room() > 0) {
                long offset = random.nextBoolean()
                        ? pair[0].offset(random(count))
                        : LoanHost.POOL + random(200) * (long) LoanHost.BUFFER_BYTES;
                pair[0].add(offset, 60);
                pair[1].add(offset, 60);
                if (random.nextBoolean()) {
                    pair[0].truncate(count);
                    pair[1].truncate(count);
                }
                lend(pair, pair[0].count(), true);
            }
        }

        private void lendAlone(PacketBurst[] pair) {
            long offset = pair[0].offset(0);
            long length = Descriptor.lengthAndFlags(pair[0].meta(0));
            long generation = hosts[0].loans.lend(offset, length);
            long model = hosts[1].loans.lend(offset, length);
            assertThat(BufferLedger.isLoan(generation)).isEqualTo(BufferLedger.isLoan(model));
            if (BufferLedger.isLoan(generation)) {
                assertThat(generation).isEqualTo(model);
                lent(List.of(new Loan(offset, length | generation)));
            }
            if (random.nextBoolean()) {
                pair[0].removeFirst(1);
                pair[1].removeFirst(1);
            }
        }

        /** As a port gives buffers back. */
        private void free(PacketBurst[] pair) {
            List<List<Integer>> freed = List.of(new ArrayList<>(), new ArrayList<>());
            for (int k = 0; k < 2; k++) {
                hosts[k].check.settle();
                for (int i = 0; i < pair[k].count(); i++) {
                    int buffer = (int) ((pair[k].offset(i) - LoanHost.POOL) / LoanHost.BUFFER_BYTES);
                    if (LedgerEntry.state(hosts[k].ledger.entry(buffer)) == LedgerEntry.HELD) {
                        hosts[k].ledger.free(buffer);
                        freed.get(k).add(buffer);
                    }
                }
                pair[k].clear();
            }
            assertThat(freed.get(0)).isEqualTo(freed.get(1));
            free.addAll(freed.get(0));
        }

        private void lend(PacketBurst[] pair, int count, boolean remove) {
            List<Loan> loans = hosts[0].lend(pair[0], count);
            assertThat(loans).isEqualTo(hosts[1].lend(pair[1], count));
            compare(pair);
            for (PacketBurst burst : pair) {
                if (remove && loans.size() < count) {
                    burst.remove(loans.size(), loans.size() + 1); // refused: given up
                }
                if (remove) {
                    burst.removeFirst(loans.size());
                }
            }
            lent(loans);
        }

        private void beginEpoch() {
            for (LoanHost host : hosts) {
                host.check.startEpoch(++host.epoch);
            }
            assertThat(hosts[0].words()).isEqualTo(hosts[1].words());
            for (int buffer = 0; buffer < LoanHost.BUFFERS; buffer++) {
                if (hosts[0].ledger.isLent(buffer)) {
                    free.add(buffer);
                    hosts[0].ledger.free(buffer);
                    hosts[1].ledger.free(buffer);
                }
            }
            if (random.nextBoolean()) {
                out.clear();
            }
        }

        private void compareLedgers() {
            hosts[0].check.closeLog();
            assertThat(hosts[0].words()).isEqualTo(hosts[1].words());
        }
    }
}
