// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.infra.os.Cpu;
import io.vlink.tests.lab.LabException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** The real processors, and real threads that use them meanwhile. */
@EnabledIf(value = "hasTwoProcessors", disabledReason = "needs two processors")
class PaceTest {
    private static final Cores CORES = new Cores(0, 1);
    /** Blocks that take so long that a scheduler lets others in between, whatever it thinks of a new thread. */
    private static final int MANY_TIME_SLICES = 2_000;

    private final Progress clock = new Progress();

    static boolean hasTwoProcessors() {
        return Runtime.getRuntime().availableProcessors() >= 2;
    }

    private Pace pace(double patience, double hurry) {
        return new Pace(CORES, clock, patience, hurry);
    }

    @Test
    void aProcessorThatOthersUseIsFarFromItsPace() throws Exception {
        Pace pace = pace(0, 0);
        Thread[] others = IntStream.range(0, 8).mapToObj(i -> Thread.ofPlatform().daemon().start(() -> {
            Cpu.pin(CORES.host());
            while (!Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
        })).toArray(Thread[]::new);
        try {
            assertThat(pace.share(pace.probe(MANY_TIME_SLICES))).isLessThan(Pace.UNDISTURBED / 2);
        } finally {
            for (Thread other : others) {
                other.interrupt();
                other.join();
            }
        }
    }

    /** Whether others are in the way of a short probe is up to the scheduler, so full pace is out of reach. */
    @Test
    void aProcessorFarFromItsPaceIsWaitedForAsLongAsThePatienceLastsAndNoLonger() {
        double patience = 0.5;
        Pace pace = new Pace(CORES, clock, patience, Double.MAX_VALUE, 1);
        double begin = clock.seconds();
        for (int i = 0; i < 20; i++) {
            pace.await();
        }
        assertThat(clock.seconds() - begin).isBetween(patience, 10 * patience);
        assertThat(pace.share(pace.takeMedian())).isPositive().isLessThan(Pace.UNDISTURBED);
    }

    @Test
    void nothingIsWaitedForWithoutPatienceOrTimeAndWhatWasFoundIsAShare() {
        for (Pace pace : new Pace[]{pace(0, Double.MAX_VALUE), pace(100, 0)}) {
            double begin = clock.seconds();
            for (int i = 0; i < 10; i++) {
                pace.await();
            }
            assertThat(clock.seconds() - begin).isLessThan(10);
            assertThat(pace.share(pace.takeMedian())).isPositive().isLessThanOrEqualTo(1);
        }
    }

    @Test
    void aProcessorThatDoesNotExistIsAnErrorAndNotAFastOne() {
        assertThatThrownBy(() -> new Pace(new Cores(0, 8_000), clock, 0, 0)).isInstanceOf(LabException.class)
                .hasMessageContaining("core=8000");
    }

    @Test
    void theMedianIsOfWhatWasFoundSinceTheLastOne() {
        Pace pace = pace(0, 0);
        pace.await();
        pace.takeMedian();
        assertThatThrownBy(pace::takeMedian).isInstanceOf(IllegalArgumentException.class);
    }
}
