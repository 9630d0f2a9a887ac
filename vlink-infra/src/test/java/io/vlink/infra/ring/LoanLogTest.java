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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Packets go round, are compared with what was lent, and the ledger is left alone; then guest or program does something else. */
class LoanLogTest {
    private static final int BURST = 16;

    private final LoanHost noting = new LoanHost(LoanHost.NOTED);
    private final PacketBurst burst = new PacketBurst(LoanHost.RING);
    /** What the guest has, the oldest first. */
    private final Deque<Loan> out = new ArrayDeque<>();

    /** Sixty-four packets of 60 to 123 bytes go round until they are compared, four bursts on their way at a time. */
    @BeforeEach
    void goRound() {
        for (int buffer = 0; buffer < 4 * BURST; buffer++) {
            noting.fill(burst, List.of(buffer), 60 + buffer);
        }
        out.addAll(noting.lend(burst, burst.count()));
        for (int turn = 0; turn < 9; turn++) {
            bounce(BURST);
        }
        assertThat(noting.isInStep()).isTrue();
    }

    private List<Loan> oldest(int count) {
        List<Loan> loans = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            loans.add(out.remove());
        }
        return loans;
    }

    private List<Outcome> receive(List<Loan> returned) {
        noting.giveBack(returned);
        burst.clear();
        return noting.receive(burst, LoanHost.RING);
    }

    private void bounce(int count) {
        receive(oldest(count));
        assertThat(burst.count()).isEqualTo(count);
        out.addAll(noting.lend(burst, count));
    }

    private int generation(Loan loan) {
        return Descriptor.generation(loan.meta());
    }

    @Test
    void eachLendingHasItsGenerationThoughTheLedgerIsNotAsked() {
        Loan first = out.element();
        long word = noting.ledger.entry(first.buffer());
        for (int lap = 1; lap <= 3; lap++) {
            for (int turn = 0; turn < 4; turn++) {
                bounce(BURST);
            }
            assertThat(out.element()).isEqualTo(first.withGeneration(generation(first) + lap));
        }
        assertThat(noting.ledger.entry(first.buffer())).as("nobody has written to it").isEqualTo(word);
    }

    @Test
    void theLedgerKnowsAllOnceTheLogIsClosed() {
        noting.check.closeLog();
        assertThat(noting.isInStep()).isFalse();
        for (Loan loan : out) {
            assertThat(noting.ledger.entry(loan.buffer()))
                    .isEqualTo(LedgerEntry.lent(noting.epoch, LoanHost.CHANNEL, generation(loan)));
        }
        bounce(BURST);
    }

    @Test
    void whatTheProgramHasIsInTheLedgerOnceItAsks() {
        List<Loan> returned = oldest(BURST);
        receive(returned);
        noting.check.settle();
        for (Loan loan : returned) {
            assertThat(noting.ledger.entry(loan.buffer())).isEqualTo(LedgerEntry.held(generation(loan) + 1));
        }
        assertThat(noting.isInStep()).isTrue();
        assertThat(noting.lend(burst, BURST)).as("the next generation, by the ledger")
                .isEqualTo(returned.stream().map(loan -> loan.withGeneration(generation(loan) + 1)).toList());
    }

    @Test
    void aPacketThatComesBackTwiceIsRefused() {
        List<Loan> returned = oldest(BURST);
        receive(returned);
        out.addAll(noting.lend(burst, BURST));
        assertThat(receive(List.of(returned.getFirst())))
                .containsExactly(new Outcome(null, HostCounter.DROP_STALE_GENERATION, PoolLayout.OUTSIDE));
        assertThat(receive(oldest(BURST))).allMatch(outcome -> outcome.fault() == null);
        assertThat(receive(returned)).allMatch(outcome -> outcome.fault() == HostCounter.DROP_STALE_GENERATION);
    }

    @Test
    void aPacketThatComesBackTwiceInOneBurstIsRefusedTheSecondTime() {
        List<Loan> returned = oldest(2);
        Collections.addAll(returned, returned.get(1), returned.get(0));
        noting.giveBack(returned);
        List<Outcome> outcomes = new ArrayList<>(noting.receive(burst, LoanHost.RING));
        burst.clear();
        outcomes.addAll(noting.receive(burst, LoanHost.RING));
        assertThat(outcomes).extracting(Outcome::fault)
                .containsExactly(null, null, HostCounter.DROP_NOT_LENT, HostCounter.DROP_NOT_LENT);
    }

    @Test
    void packetsOutOfOrderAreTakenAllTheSame() {
        List<Loan> returned = oldest(4 * BURST);
        Collections.reverse(returned);
        assertThat(receive(returned)).hasSize(4 * BURST).allMatch(outcome -> outcome.fault() == null);
        assertThat(noting.isInStep()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {13, LoanHost.MAX_FRAME + 1, -1, 0})
    void aLengthThatCannotBeIsRefusedAndItsNeighboursAreNot(int length) {
        List<Loan> returned = oldest(BURST);
        returned.set(5, returned.get(5).withLength(length));
        List<Outcome> outcomes = new ArrayList<>(receive(returned));
        assertThat(outcomes).as("those before").hasSize(5);
        burst.clear();
        outcomes.addAll(noting.receive(burst, LoanHost.RING));
        for (int i = 0; i < BURST; i++) {
            assertThat(outcomes.get(i).fault()).isEqualTo(i == 5 ? HostCounter.DROP_BAD_LENGTH : null);
        }
        assertThat(outcomes.get(5).buffer()).as("its buffer comes back").isEqualTo(returned.get(5).buffer());
    }

    @Test
    void aPacketThatTheGuestHasMadeShorterIsTaken() {
        List<Loan> returned = oldest(BURST);
        returned.set(0, returned.getFirst().withLength(42));
        assertThat(receive(returned)).hasSize(BURST).first()
                .isEqualTo(new Outcome(returned.getFirst(), null, 0));
    }

    @Test
    void whatTheGuestGivesBackEmptyIsTakenInAnyOrder() {
        Loan last = out.removeLast();
        UncheckedDescriptors copies = new UncheckedDescriptors(2);
        noting.giveBack(List.of(last, last));
        assertThat(noting.tx.poll(copies, 2)).isEqualTo(2);
        assertThat(noting.check.acceptBuffer(copies, 0)).isNull();
        assertThat(noting.check.returnedBuffer()).isEqualTo(last.buffer());
        noting.ledger.free(last.buffer());
        assertThat(noting.check.acceptBuffer(copies, 1)).as("once").isEqualTo(HostCounter.DROP_NOT_LENT);
        bounce(BURST);
    }

    @Test
    void aBurstThatIsOutCannotBeLentAgain() {
        receive(oldest(BURST));
        assertThat(noting.lend(burst, BURST)).hasSize(BURST);
        assertThat(noting.lend(burst, BURST)).isEmpty();
    }

    @Test
    void aPacketThatTheProgramHasGivenAwayIsNotLent() {
        receive(oldest(BURST));
        noting.check.settle();
        noting.ledger.free((int) ((burst.offset(7) - LoanHost.POOL) / LoanHost.BUFFER_BYTES));
        assertThat(noting.lend(burst, BURST)).hasSize(7);
    }

    @Test
    void copiesOfPacketsInAnotherBurstAreLentOnce() {
        List<Loan> returned = oldest(BURST);
        receive(returned);
        PacketBurst other = new PacketBurst(BURST);
        other.addAll(burst);
        assertThat(noting.lend(other, BURST)).hasSize(BURST);
        assertThat(noting.lend(burst, BURST)).isEmpty();
    }

    @Test
    void aPacketThatTheProgramHasChangedIsMeasured() {
        receive(oldest(BURST));
        burst.length(3, LoanHost.MAX_FRAME + 1);
        assertThat(noting.lend(burst, BURST)).hasSize(3);
        burst.length(3, 100);
        burst.removeFirst(3);
        assertThat(noting.lend(burst, BURST - 3)).hasSize(BURST - 3)
                .extracting(loan -> Descriptor.length(loan.meta())).first().isEqualTo(100);
    }

    @Test
    void aFullBurstTakesNothingAndLosesNothing() {
        PacketBurst small = new PacketBurst(4);
        noting.giveBack(oldest(8));
        assertThat(noting.receive(small, LoanHost.RING)).hasSize(4);
        assertThat(noting.receive(small, LoanHost.RING)).isEmpty();
        assertThat(noting.isInStep()).isTrue();
        small.clear();
        assertThat(noting.receive(small, LoanHost.RING)).hasSize(4);
    }

    @Test
    void whatIsReceivedBehindOtherPacketsIsTheProgramsToo() {
        noting.giveBack(oldest(8));
        burst.clear();
        noting.receive(burst, 5);
        noting.receive(burst, 3);
        assertThat(burst.count()).isEqualTo(8);
        out.addAll(noting.lend(burst, 8));
        assertThat(out).hasSize(4 * BURST);
        bounce(4 * BURST - 8);
        bounce(8);
    }

    @Test
    void nothingOfAnEndedEpochIsTaken() {
        List<Loan> old = oldest(2 * BURST);
        receive(old.subList(0, BURST));
        noting.check.startEpoch(++noting.epoch);
        assertThat(noting.isInStep()).isFalse();
        assertThat(noting.lend(burst, BURST)).as("the program's are its own, also in another epoch").hasSize(BURST);
        assertThat(receive(old.subList(BURST, 2 * BURST)))
                .allMatch(outcome -> outcome.fault() == HostCounter.DROP_NOT_LENT);
    }

    @Test
    void moreThanTheLogHasRoomForIsLentByTheLedger() {
        PacketBurst more = new PacketBurst(LoanHost.BUFFERS);
        List<Integer> buffers = new ArrayList<>();
        for (int buffer = 4 * BURST; buffer < LoanHost.BUFFERS; buffer++) {
            buffers.add(buffer);
        }
        noting.fill(more, buffers, 60);
        out.addAll(noting.lend(more, more.count()));
        assertThat(out).hasSize(LoanHost.BUFFERS);
        assertThat(noting.check.isNoting()).isFalse();
        bounce(BURST);
        bounce(LoanHost.BUFFERS - BURST);
    }

    @Test
    void aProgramThatKeepsWhatComesBackClosesTheLog() {
        for (int turn = 0; turn < 40 && noting.isInStep(); turn++) {
            receive(oldest(1));
            PacketBurst other = new PacketBurst(1);
            other.addAll(burst);
            out.addAll(noting.lend(other, 1));
        }
        assertThat(noting.isInStep()).isFalse();
        assertThat(receive(oldest(BURST))).hasSize(BURST).allMatch(outcome -> outcome.fault() == null);
    }

    @Test
    void theSecondOfTwoBurstsIsNotTakenForTheFirst() {
        noting.giveBack(oldest(2 * BURST));
        PacketBurst first = new PacketBurst(BURST);
        PacketBurst last = new PacketBurst(BURST);
        assertThat(noting.receive(first, BURST)).hasSize(BURST);
        assertThat(noting.receive(last, BURST)).hasSize(BURST);
        out.addAll(noting.lend(first, BURST));
        assertThat(noting.lend(last, BURST)).hasSize(BURST);
        assertThat(out.peekLast().offset()).isEqualTo(first.offset(BURST - 1));
    }

    @Test
    void aLonePacketIsLentByTheLedger() {
        receive(oldest(BURST));
        long length = Descriptor.lengthAndFlags(burst.meta(3));
        long generation = noting.loans.lend(burst.offset(3), length);
        assertThat(BufferLedger.isLoan(generation)).isTrue();
        assertThat(noting.lend(burst, BURST)).as("those before it").hasSize(3);
        assertThat(receive(List.of(new Loan(burst.offset(3), length | generation)))).first()
                .extracting(Outcome::fault).isNull();
    }

    @Test
    void theLogIsOpenedAgainAfterAWhile() {
        noting.check.closeLog();
        bounce(BURST);
        assertThat(noting.check.isNoting()).isFalse();
        for (int i = 0; i < 1_000; i++) {
            bounce(BURST);
        }
        assertThat(noting.isInStep()).isTrue();
    }

    /** A log that is open, and waits for its first entry: buffers 100 to 115 on a host of their own. */
    private List<Loan> open(LoanHost host) {
        burst.clear();
        for (int buffer = 100; buffer < 100 + BURST; buffer++) {
            host.fill(burst, List.of(buffer), 60);
        }
        host.giveBack(host.lend(burst, BURST));
        burst.clear();
        host.receive(burst, BURST);
        List<Loan> noted = host.lend(burst, BURST);
        burst.clear();
        return noted;
    }

    private static List<HostCounter> faults(LoanHost host, List<Loan> returned, PacketBurst into) {
        host.giveBack(returned);
        List<Outcome> outcomes = new ArrayList<>();
        while (host.tx.ready() > 0) {
            outcomes.addAll(host.receive(into, LoanHost.RING));
        }
        return outcomes.stream().map(Outcome::fault).toList();
    }

    @Test
    void anEntryThatComesBackBeforeTheFirstOneIsNotTakenTwice() {
        LoanHost host = new LoanHost(LoanHost.NOTED);
        List<Loan> noted = open(host);
        assertThat(host.check.isNoting()).isTrue();
        assertThat(faults(host, List.of(noted.get(1), noted.get(0), noted.get(1)), burst))
                .containsExactly(null, null, HostCounter.DROP_NOT_LENT);
        assertThat(host.isInStep()).isFalse();
    }

    @Test
    void anEntryThatGoesRoundBeforeTheFirstOneComesBackIsNotTakenTwice() {
        LoanHost host = new LoanHost(LoanHost.NOTED);
        List<Loan> noted = open(host);
        List<Loan> again = List.of(noted.get(1));
        for (int lending = 0; lending <= 0xffff; lending++) {
            burst.clear();
            assertThat(faults(host, again, burst)).containsOnlyNulls();
            again = host.lend(burst, 1);
        }
        assertThat(again.getFirst()).as("the same generation as the entry's").isEqualTo(noted.get(1));
        List<Loan> returned = new ArrayList<>(noted);
        returned.addAll(again);
        burst.clear();
        assertThat(faults(host, returned, burst).getLast()).isEqualTo(HostCounter.DROP_NOT_LENT);
    }

    @Test
    void anEntryThatIsLentAgainInTheSameGenerationBeforeTheFirstOneComesBackIsNotTakenTwice() {
        LoanHost host = new LoanHost(LoanHost.NOTED);
        List<Loan> noted = open(host);
        Loan again = noted.get(1);
        UncheckedDescriptors copies = new UncheckedDescriptors(1);
        for (int lending = 1; lending <= 0xffff; lending++) {
            host.giveBack(List.of(again));
            host.tx.poll(copies, 1);
            assertThat(host.check.acceptBuffer(copies, 0)).isNull();
            host.ledger.free(again.buffer());
            host.ledger.hold(again.buffer());
            host.ledger.lend(again.buffer(), host.check.borrower());
            again = again.withGeneration(generation(again) + 1);
        }
        assertThat(faults(host, List.of(again), burst)).containsOnlyNulls();
        List<Loan> returned = new ArrayList<>(noted);
        returned.addAll(host.lend(burst, 1));
        assertThat(returned.getLast()).as("the same generation as the entry's").isEqualTo(noted.get(1));
        burst.clear();
        List<HostCounter> faults = faults(host, returned, burst);
        assertThat(faults.subList(0, BURST)).containsOnlyNulls();
        assertThat(faults.getLast()).isEqualTo(HostCounter.DROP_NOT_LENT);
    }
}
