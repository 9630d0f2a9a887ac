// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.infra.port.PortException;
import io.vlink.infra.port.QueueClaim;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both sides of a link with two queues, over one control channel. */
@Timeout(60)
class LinkEpochsTest {
    // From SPEC.md sections 6 and 7, on purpose not from the constants.
    private static final long HOST_WORD = 0x100;
    private static final long GUEST_WORD = 0x180;
    private static final int QUEUES = 2;

    private final MemorySegment control = Arena.ofAuto().allocate(4_096, 128);
    private final MemorySegment record = Arena.ofAuto().allocate(4_096, 128);
    private final Side hostSide = new Side(() -> new HostLane(control, record));
    private int nonce;
    private final Side guestSide = new Side(() -> new GuestLane(control, () -> ++nonce));
    private final LinkEpochs host = LinkEpochs.ofHost("tap123", control, QUEUES, hostSide);
    private final LinkEpochs guest = LinkEpochs.ofGuest("tap123", control, QUEUES, guestSide);

    /** Joins with real lanes, and writes down what else it is told. */
    private static final class Side implements EpochSide {
        private final Supplier<Lane> lanes;
        private final List<String> told = new ArrayList<>();
        private final Thread[] resetBy = new Thread[QUEUES];

        Side(Supplier<Lane> lanes) {
            this.lanes = lanes;
        }

        @Override
        public Lane join() {
            return lanes.get();
        }

        @Override
        public void leave(Lane lane) {
            told.add("leave");
            lane.detach();
        }

        @Override
        public void reset(int queue, int epoch) {
            told.add("reset " + queue + " for " + epoch);
            resetBy[queue] = Thread.currentThread();
        }

        @Override
        public void begin(int queue) {
            told.add("begin " + queue);
        }

        @Override
        public void end(int queue) {
            told.add("end " + queue);
        }

        List<String> takeTold() {
            List<String> all = List.copyOf(told);
            told.clear();
            return all;
        }
    }

    private static boolean pollAll(LinkEpochs epochs) {
        boolean up = true;
        for (int queue = 0; queue < QUEUES; queue++) {
            up &= epochs.poll(queue);
        }
        return up;
    }

    private void bringUp() {
        host.start();
        guest.start();
        assertThat(pollAll(guest)).isFalse();
        assertThat(pollAll(host) && pollAll(guest)).isTrue();
        hostSide.takeTold();
        guestSide.takeTold();
    }

    private void write(long offset, long word) {
        control.set(ValueLayout.JAVA_LONG, offset, word);
    }

    private long read(long offset) {
        return control.get(ValueLayout.JAVA_LONG, offset);
    }

    @Nested
    class BadInput {
        @ParameterizedTest
        @ValueSource(ints = {-1, QUEUES, Integer.MIN_VALUE, Integer.MAX_VALUE})
        void aQueueThatIsNotThereCannotBeClaimed(int queue) {
            assertThatThrownBy(() -> host.claim(queue, "worker-0")).isInstanceOf(PortException.class)
                    .hasMessage("queue must be 0 to 1, as many as the port has: link=tap123 queue=" + queue);
        }

        @Test
        void aSecondWorkerIsRefusedUntilTheFirstHasEnded() {
            QueueClaim first = host.claim(1, "lcore-3");
            assertThatThrownBy(() -> host.claim(1, "lcore-4")).isInstanceOf(PortException.class)
                    .hasMessage("queue has a worker already: link=tap123 queue=1 worker=lcore-3: give each queue to one"
                            + " worker");
            host.claim(0, "lcore-4");
            first.close();
            host.claim(1, "lcore-5");
        }

        @ParameterizedTest
        @ValueSource(longs = {0, -1, 2, 1, 1L << 32 | 3, 1L << 32 | 1, 2L << 32 | 2, 2L << 32 | 5 << 8 | 2,
                1L << 32 | 5 << 8 | 1, 1L << 33, Long.MIN_VALUE})
        void noWordBringsTheHostUpButTheAgreementToItsEpoch(long word) {
            host.start();
            write(GUEST_WORD, word);
            assertThat(pollAll(host) || host.isUp()).isFalse();
            assertThat(hostSide.takeTold()).isEmpty();
        }

        @ParameterizedTest
        @ValueSource(longs = {0, -1, 2, 6L << 32 | 2, 6L << 32 | 0x99 << 8 | 2, 7L << 32 | 2, 7L << 32 | 1 << 8 | 2,
                7L << 32,
                Long.MAX_VALUE})
        void noWordBringsTheGuestUpButItsOwnAgreement(long word) {
            guest.start();
            write(HOST_WORD, 6L << 32 | 1);
            assertThat(pollAll(guest)).isFalse();
            assertThat(guestSide.takeTold()).containsExactly("reset 0 for 6", "reset 1 for 6");
            write(HOST_WORD, word);
            assertThat(pollAll(guest) || guest.isUp()).isFalse();
            assertThat(guestSide.takeTold()).isEmpty();
        }

        @Test
        void regressionAHostThatWaitsRepeatsItsWordAfterAGuestHasOverwrittenIt() {
            host.start();
            write(HOST_WORD, -1);
            assertThat(pollAll(host)).isFalse();
            bringUp();
        }

        @Test
        void aSideThatCannotJoinHasNotJoined() {
            List<Lane> lanes = new ArrayList<>();
            LinkEpochs late = LinkEpochs.ofGuest("tap123", control, QUEUES, new Side(() -> {
                if (lanes.isEmpty()) {
                    throw new IllegalStateException("in use");
                }
                return lanes.getFirst();
            }));
            assertThatIllegalStateException().isThrownBy(late::start);
            late.stop();
            write(HOST_WORD, 1L << 32 | 2);
            assertThat(pollAll(late)).isFalse();
            lanes.add(new GuestLane(control, () -> 0x13));
            write(HOST_WORD, 2L << 32 | 1);
            late.start();
            assertThat(pollAll(late)).isFalse();
            assertThat(read(GUEST_WORD)).isEqualTo(2L << 32 | 0x13 << 8 | 2);
        }
    }

    @Test
    void eachSideIsToldToResetOnceThenToBeginAndAtTheEndToEnd() {
        host.start();
        guest.start();
        assertThat(pollAll(guest)).isFalse();
        assertThat(guestSide.takeTold()).containsExactly("reset 0 for 1", "reset 1 for 1");
        assertThat(pollAll(host)).isTrue();
        assertThat(hostSide.takeTold()).containsExactly("reset 0 for 1", "reset 1 for 1", "begin 0", "begin 1");
        assertThat(pollAll(guest)).isTrue();
        assertThat(guestSide.takeTold()).containsExactly("begin 0", "begin 1");
        assertThat(pollAll(host) && pollAll(guest) && host.isUp() && guest.isUp()).isTrue();
        host.stop();
        assertThat(guest.poll(0)).isFalse();
        assertThat(guest.isUp()).as("what one queue has seen").isFalse();
        assertThat(guest.poll(1)).isFalse();
        assertThat(guestSide.takeTold()).containsExactly("end 0", "end 1");
        assertThat(hostSide.takeTold()).containsExactly("leave");
    }

    @Test
    void anEpochWaitsForEachQueueThatHasAWorkerAndForNoOther() {
        QueueClaim first = guest.claim(1, "worker-1");
        host.start();
        guest.start();
        assertThat(guest.poll(0)).isFalse();
        assertThat(guest.poll(0)).isFalse();
        assertThat(guestSide.takeTold()).as("nobody else touches the rings of a worker")
                .containsExactly("reset 0 for 1");
        assertThat(read(GUEST_WORD)).as("asks, and has not agreed").isEqualTo(1);
        assertThat(guest.poll(1)).isFalse();
        assertThat(guestSide.takeTold()).containsExactly("reset 1 for 1");
        assertThat(read(GUEST_WORD)).isEqualTo(1L << 32 | nonce << 8 | 2);
        first.close();
        write(GUEST_WORD, 0);
        assertThat(pollAll(host)).isFalse();
        host.stop();
        host.start();
        assertThat(guest.poll(0)).isFalse();
        assertThat(guestSide.takeTold()).containsExactly("reset 0 for 2", "reset 1 for 2");
    }

    @Test
    void aQueueThatSleptThroughAnEpochsEndSeesThatItIsAnother() {
        bringUp();
        guest.stop();
        guest.start();
        assertThat(host.poll(0)).isFalse();
        assertThat(guest.poll(0)).isFalse();
        assertThat(host.poll(0) && guest.poll(0)).isTrue();
        assertThat(host.epochCount(0)).isEqualTo(2);
        assertThat(host.epochCount(1)).isEqualTo(1);
        assertThat(host.poll(1)).isTrue();
        assertThat(host.epochCount(1)).isEqualTo(2);
        assertThat(hostSide.takeTold()).containsExactly("end 0", "reset 0 for 2", "reset 1 for 2", "begin 0",
                "begin 1");
    }

    @Test
    void joiningAndLeavingTwiceIsAsOnce() {
        bringUp();
        host.start();
        assertThat(pollAll(host)).as("still the same epoch").isTrue();
        host.stop();
        host.stop();
        assertThat(hostSide.takeTold()).containsExactly("leave");
        assertThat(pollAll(host) || host.isUp()).isFalse();
        assertThat(read(HOST_WORD)).isEqualTo(1L << 32);
        bringUp();
        assertThat(read(HOST_WORD)).isEqualTo(2L << 32 | nonce << 8 | 2);
    }

    @Test
    void regressionAGuestThatAgreesAgainOverTheHostsSpoiltWordGetsANewEpoch() {
        bringUp();
        write(HOST_WORD, 1L << 32 | 1);
        guest.stop();
        guest.start();
        assertThat(pollAll(guest)).isFalse();
        assertThat(read(GUEST_WORD)).as("the host has not looked yet").isEqualTo(1L << 32 | nonce << 8 | 2);
        assertThat(host.poll(1)).isFalse();
        assertThat(host.poll(0)).isFalse();
        assertThat(hostSide.takeTold()).containsExactly("end 1", "end 0");
        bringUp();
        assertThat(read(HOST_WORD)).isEqualTo(2L << 32 | nonce << 8 | 2);
    }

    @Test
    void aSecondAgreementBetweenTheLooksOfTwoWorkersIsTheOneThatRuns() {
        QueueClaim first = host.claim(0, "worker-0");
        QueueClaim second = host.claim(1, "worker-1");
        host.start();
        guest.start();
        assertThat(pollAll(guest)).isFalse();
        assertThat(host.poll(0)).isFalse();
        assertThat(hostSide.takeTold()).containsExactly("reset 0 for 1");
        guest.stop();
        guest.start();
        assertThat(pollAll(guest)).isFalse();
        assertThat(host.poll(1)).as("queue 0 has not emptied its rings for this agreement").isFalse();
        assertThat(host.poll(0) && host.poll(1)).isTrue();
        assertThat(hostSide.takeTold()).containsExactly("reset 1 for 1", "reset 0 for 1", "begin 0", "begin 1");
        assertThat(read(HOST_WORD)).isEqualTo(read(GUEST_WORD)).isEqualTo(1L << 32 | nonce << 8 | 2);
        first.close();
        second.close();
    }

    private static void awaitUp(LinkEpochs epochs) throws InterruptedException {
        while (!pollAll(epochs)) {
            if (Thread.interrupted()) {
                throw new InterruptedException("the link does not come up");
            }
            LockSupport.parkNanos(1_000);
        }
    }

    /** A worker that does nothing but look, until it is interrupted. */
    private Thread worker(int queue) {
        return Thread.ofPlatform().start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                host.poll(queue);
                LockSupport.parkNanos(1_000);
            }
        });
    }

    @Test
    void aWorkersRingsAreResetByItsThreadOnlyThroughManyEpochs() throws InterruptedException {
        host.claim(0, "worker-0");
        host.claim(1, "worker-1");
        host.start();
        List<Thread> workers = List.of(worker(0), worker(1));
        try {
            for (int epoch = 1; epoch <= 100; epoch++) {
                guest.start();
                awaitUp(guest);
                assertThat(hostSide.resetBy).containsExactlyElementsOf(workers);
                assertThat(guest.epochCount(0)).isEqualTo(epoch);
                guest.stop();
            }
        } finally {
            for (Thread worker : workers) {
                worker.interrupt();
                worker.join();
            }
        }
        assertThat(hostSide.told).filteredOn(what -> what.startsWith("reset 0")).hasSizeGreaterThanOrEqualTo(100)
                .doesNotHaveDuplicates();
    }
}
