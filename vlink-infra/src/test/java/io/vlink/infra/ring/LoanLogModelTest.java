// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.infra.ring.LoanHost.Loan;
import io.vlink.infra.ring.LoanHost.Outcome;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.record.LedgerEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A check that notes what is out decides as one that asks the ledger for each packet, and the ledger is the same once it has been
 * told. One host is the other one's model: they get the same descriptors, from a guest that nobody has to trust.
 */
class LoanLogModelTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void everyDescriptorFaresAsItDoesWithoutALog(long seed) {
        Random random = new Random(seed);
        int byLog = 0;
        int refused = 0;
        int closed = 0;
        for (int i = 0; i < 200; i++) {
            Comparison comparison = new Comparison(random); // a log that was no use is not opened for a while
            for (int step = 0; step < 500; step++) {
                comparison.step();
            }
            comparison.compareLedgers();
            byLog += comparison.stepsByLog;
            closed += comparison.closed;
            refused += comparison.refused;
        }
        assertThat(byLog).as("steps of 100,000 with the log in step, or this test says nothing").isGreaterThan(10_000);
        assertThat(closed).as("how often it was closed").isGreaterThan(100);
        assertThat(refused).isGreaterThan(500);
    }

    /** A program and a guest, neither of which has any sense, on a host with a log and on one without. */
    private static final class Comparison {
        final Random random;
        final LoanHost[] hosts = {new LoanHost(LoanHost.NOTED), new LoanHost(0)};
        final PacketBurst[] bursts = {new PacketBurst(LoanHost.RING), new PacketBurst(LoanHost.RING)};
        final PacketBurst[] kept = {new PacketBurst(LoanHost.BUFFERS), new PacketBurst(LoanHost.BUFFERS)};
        final List<Loan> out = new ArrayList<>();
        final List<Loan> seen = new ArrayList<>();
        int sense = 100;
        int stepsByLog;
        int closed;
        int refused;

        Comparison(Random random) {
            this.random = random;
            for (int i = 0; i < hosts.length; i++) {
                for (int buffer = 0; buffer < 200; buffer++) {
                    hosts[i].fill(kept[i], List.of(buffer), 14 + buffer);
                }
            }
        }

        private int random(int bound) {
            return random.nextInt(bound);
        }

        /** In long stretches both have more sense, so that packets go round. */
        void step() {
            if (random(100) == 0) {
                sense = new int[]{60, 97, 99, 100}[random(4)];
            }
            boolean inStep = hosts[0].isInStep();
            guestGivesBack();
            receive();
            program();
            stepsByLog += hosts[0].isInStep() ? 1 : 0;
            closed += inStep && !hosts[0].isInStep() ? 1 : 0;
            if (random(2_000) == 0) {
                compareLedgers();
            }
            if (random(300) == 0) {
                beginEpoch();
            }
        }

        private boolean isSensible() {
            return random(100) < sense;
        }

        private void guestGivesBack() {
            List<Loan> returned = new ArrayList<>();
            int count = Math.min(out.size(), 1 + random(24));
            for (int i = 0; i < count; i++) {
                returned.add(out.remove(isSensible() ? 0 : random(out.size())));
            }
            if (!isSensible() && !seen.isEmpty()) {
                returned.add(random(returned.size() + 1), seen.get(random(seen.size())));
            }
            if (!isSensible() && !returned.isEmpty()) {
                int index = random(returned.size());
                Loan loan = returned.get(index);
                returned.set(index, switch (random(5)) {
                    case 0 -> loan.withLength(random(3_000) - 100);
                    case 1 -> loan.withGeneration(random(4));
                    case 2 -> new Loan(loan.offset() + random(2_048) - 1_024, loan.meta());
                    case 3 -> new Loan(random.nextLong(), random.nextLong());
                    default -> new Loan(loan.offset(), loan.meta() | (1L << (32 + random(16))));
                });
            }
            for (LoanHost host : hosts) {
                host.giveBack(returned);
            }
        }

        /** Takes all, in bursts that end where the log has an end. */
        private void receive() {
            do {
                int limit = 1 + random(40);
                List<Outcome> outcomes = hosts[0].receive(bursts[0], limit);
                List<Outcome> model = hosts[1].receive(bursts[1], outcomes.isEmpty() ? 1 : outcomes.size());
                assertThat(outcomes).isEqualTo(model);
                refused += (int) outcomes.stream().filter(outcome -> outcome.fault() != null).count();
                if (random(3) > 0) {
                    program();
                }
            } while (hosts[0].tx.ready() > 0);
        }

        private void program() {
            int count = bursts[0].count();
            if (count == 0) {
                lend(kept, Math.min(kept[0].count(), random(20)));
            } else if (isSensible()) {
                lend(bursts, count);
            } else {
                foolish(count);
            }
        }

        private void foolish(int count) {
            switch (random(6)) {
                case 0 -> lend(bursts, random(count + 1));
                case 1 -> {
                    int index = random(count);
                    int length = random(LoanHost.MAX_FRAME + 20);
                    for (PacketBurst packets : bursts) {
                        packets.length(index, length);
                    }
                    lend(bursts, count);
                }
                case 2 -> keep();
                case 3 -> free();
                case 4 -> {
                    lend(bursts, count);
                    if (random(2) == 0) {
                        lend(bursts, bursts[0].count()); // those that were not taken, once more
                    }
                }
                default -> {
                    // sent in another order, so in another burst
                    keep();
                    lend(kept, Math.min(kept[0].count(), 1 + random(40)));
                }
            }
        }

        private void keep() {
            for (int i = 0; i < hosts.length; i++) {
                kept[i].addAll(bursts[i]);
                bursts[i].clear();
            }
        }

        /** As a port gives buffers back, and takes others. */
        private void free() {
            for (int i = 0; i < hosts.length; i++) {
                hosts[i].check.settle();
                for (int j = 0; j < bursts[i].count(); j++) {
                    int buffer = (int) ((bursts[i].offset(j) - LoanHost.POOL) / LoanHost.BUFFER_BYTES);
                    if (LedgerEntry.state(hosts[i].ledger.entry(buffer)) == LedgerEntry.HELD) {
                        hosts[i].ledger.free(buffer);
                        hosts[i].fill(kept[i], List.of(buffer), 100);
                    }
                }
                bursts[i].clear();
            }
        }

        private void lend(PacketBurst[] packets, int count) {
            List<Loan> lent = hosts[0].lend(packets[0], count);
            assertThat(lent).isEqualTo(hosts[1].lend(packets[1], count));
            for (PacketBurst each : packets) {
                if (lent.size() < count) {
                    each.remove(lent.size(), lent.size() + 1); // refused: given up
                }
                each.removeFirst(lent.size());
            }
            out.addAll(lent);
            seen.addAll(lent);
            if (seen.size() > 1_000) {
                seen.subList(0, 500).clear();
            }
        }

        private void beginEpoch() {
            for (LoanHost host : hosts) {
                host.epoch++;
                host.check.startEpoch(host.epoch);
                for (int buffer = 0; buffer < LoanHost.BUFFERS; buffer++) {
                    if (host.ledger.isLent(buffer)) {
                        host.ledger.free(buffer);
                    }
                }
            }
            assertThat(hosts[0].words()).isEqualTo(hosts[1].words());
            out.clear();
            for (int i = 0; i < hosts.length; i++) {
                bursts[i].clear();
                kept[i].clear();
                for (int buffer = 0; buffer < 200; buffer++) {
                    hosts[i].fill(kept[i], List.of(buffer), 60);
                }
            }
        }

        void compareLedgers() {
            hosts[0].check.closeLog();
            assertThat(hosts[0].words()).isEqualTo(hosts[1].words());
        }
    }
}
