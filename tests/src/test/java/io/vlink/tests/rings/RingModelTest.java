// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.tests.rings.model.Exploration;
import io.vlink.tests.rings.model.RingModel;
import io.vlink.tests.rings.model.RingMutation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Every interleaving, and every reordering that release and acquire allow, of a small ring; and of rings with a mistake. */
class RingModelTest {
    private static final int MAX_STATES = 50_000_000;

    @ParameterizedTest(name = "slots={0} descriptors={1} burst={2} bursts in flight={3}")
    @CsvSource({"1, 6, 1, 2, 200", "2, 10, 2, 3, 7_000", "2, 9, 3, 2, 7_000", "4, 9, 3, 2, 200_000",
            "4, 9, 4, 2, 300_000"})
    void everyDescriptorArrivesOnceInOrderAndWhole(int slots, int descriptors, int burst, int inFlight, int states) {
        explore(slots, descriptors, burst, inFlight, states);
    }

    @ParameterizedTest(name = "slots={0} descriptors={1} burst={2} bursts in flight={3}")
    @CsvSource({"4, 17, 4, 2, 1_000_000", "4, 12, 4, 3, 500_000", "8, 11, 6, 1, 1_000_000"})
    @EnabledIfSystemProperty(named = "vlink.proof", matches = "long", disabledReason = "needs -Dvlink.proof=long")
    void alsoInLargerRingsAndLongerRuns(int slots, int descriptors, int burst, int inFlight, int states) {
        explore(slots, descriptors, burst, inFlight, states);
    }

    private static void explore(int slots, int descriptors, int burst, int inFlight, int atLeast) {
        RingModel model = new RingModel(slots, descriptors, burst, inFlight, RingMutation.NONE);
        Exploration all = Exploration.of(model, MAX_STATES);
        System.out.printf("ring model: slots=%d descriptors=%d burst=%d in_flight=%d: states=%d steps=%d%n", slots,
                descriptors, burst, inFlight, all.stateCount(), all.stepCount());
        assertThat(all.violation()).isEmpty();
        assertThat(all.stateCount()).isGreaterThan(atLeast);
        assertThat(all.reaches(model.isFull())).isTrue();
        assertThat(all.reaches(model.hasOverflowed())).isTrue();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {"NONE", "ROOM_ONE_LESS"})
    void aMistakeIsFound(RingMutation mistake) {
        assertThat(Exploration.of(new RingModel(2, 7, 2, 1, mistake), MAX_STATES).violation()).isNotEmpty();
    }

    @Test
    void aRingThatIsNeverFilledIsFound() {
        RingModel model = new RingModel(4, 7, 2, 1, RingMutation.ROOM_ONE_LESS);
        assertThat(Exploration.of(model, MAX_STATES).reaches(model.isFull())).isFalse();
    }
}
