// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.infra.os.Cpu;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkerGroupTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** Counts its turns, and is done after some. */
    private static final class Turns implements WorkerTask {
        private final int wanted;
        private final CountDownLatch begun = new CountDownLatch(1);
        private volatile int turns;
        private volatile int finished;
        private volatile int core = -1;

        Turns(int wanted) {
            this.wanted = wanted;
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes it
        public int turn() {
            core = Cpu.current();
            turns++;
            begun.countDown();
            return turns == wanted ? DONE : 0;
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes it
        public void finish() {
            finished++;
        }
    }

    @Test
    void aFailureStopsTheOthersAndReachesTheOneWhoWaits() throws InterruptedException {
        Turns endless = new Turns(-1);
        WorkerTask broken = () -> {
            throw new IllegalArgumentException("broken");
        };
        try (WorkerGroup group = new WorkerGroup(Lcores.ANY, IdleStrategy.PARK, List.of(endless, broken))) {
            group.start();
            assertThatThrownBy(() -> group.await(LIMIT)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("broken");
        }
        assertThat(endless.finished).isEqualTo(1);
    }

    @Test
    void endsWhenAllAreDone() throws InterruptedException {
        Turns few = new Turns(3);
        Turns more = new Turns(5_000);
        try (WorkerGroup group = new WorkerGroup(Lcores.ANY, IdleStrategy.YIELD, List.of(few, more))) {
            group.start();
            assertThat(group.await(LIMIT)).isTrue();
        }
        assertThat(few.turns).isEqualTo(3);
        assertThat(more.turns).isEqualTo(5_000);
        assertThat(few.finished + more.finished).isEqualTo(2);
    }

    @Test
    void wakesASleeperToStopIt() throws InterruptedException {
        Turns endless = new Turns(-1);
        try (WorkerGroup group = new WorkerGroup(Lcores.ANY, new IdleStrategy(0, 0, 1_000_000_000L),
                List.of(endless))) {
            group.start();
            endless.begun.await();
            assertThat(group.await(Duration.ofMillis(20))).isFalse();
            group.stop();
            assertThat(group.await(LIMIT)).isTrue();
        }
        assertThat(endless.finished).isEqualTo(1);
    }

    @Test
    void aStopBeforeTheStartIsKept() throws InterruptedException {
        Turns endless = new Turns(-1);
        try (WorkerGroup group = new WorkerGroup(Lcores.ANY, IdleStrategy.SPIN, List.of(endless))) {
            group.stop();
            group.start();
            assertThat(group.await(LIMIT)).isTrue();
        }
        assertThat(endless.turns).isZero();
    }

    @Test
    void closingAGroupThatNeverStartedDoesNothing() {
        AtomicInteger turns = new AtomicInteger();
        new WorkerGroup(Lcores.ANY, IdleStrategy.SPIN, List.of(turns::incrementAndGet)).close();
        assertThat(turns).hasValue(0);
    }

    @Test
    void runsWhereItIsPinned() throws InterruptedException {
        for (int core = Cpu.allowed().nextSetBit(0); core >= 0; core = Cpu.allowed().nextSetBit(core + 1)) {
            Turns task = new Turns(100);
            try (WorkerGroup group = new WorkerGroup(Lcores.ofList("" + core), IdleStrategy.YIELD, List.of(task))) {
                group.start();
                assertThat(group.await(LIMIT)).isTrue();
            }
            assertThat(task.core).isEqualTo(core);
        }
    }
}
