// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.infra.os.Cpu;
import io.vlink.tests.lab.LabException;
import java.time.Duration;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** The real processors, and real threads that use them meanwhile. */
@EnabledIf(value = "hasTwoProcessors", disabledReason = "needs two processors")
class PaceTest {
    private static final Cores CORES = new Cores(0, 1);

    private final Progress clock = new Progress();

    static boolean hasTwoProcessors() {
        return Runtime.getRuntime().availableProcessors() >= 2;
    }

    private Pace pace(double patience, double hurry) {
        return new Pace(CORES, clock, patience, hurry);
    }

    @Test
    void aProcessorThatOthersUseIsFarFromItsPaceAndIsWaitedForNoLongerThanThePatienceLasts() throws Exception {
        Pace pace = pace(0.5, Double.MAX_VALUE);
        Thread[] others = IntStream.range(0, 8).mapToObj(i -> Thread.ofPlatform().daemon().start(() -> {
            Cpu.pin(CORES.host());
            while (!Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
        })).toArray(Thread[]::new);
        try {
            double begin = clock.seconds();
            for (int i = 0; i < 20; i++) {
                pace.await();
            }
            assertThat(clock.seconds() - begin).isLessThan(20);
            Awaitility.await().pollInSameThread().atMost(Duration.ofSeconds(30)).pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1)).until(() -> pace.share(pace.probe()) < Pace.UNDISTURBED / 2);
        } finally {
            for (Thread other : others) {
                other.interrupt();
                other.join();
            }
        }
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
