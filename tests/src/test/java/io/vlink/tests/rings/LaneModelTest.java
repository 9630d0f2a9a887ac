// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.tests.rings.model.Exploration;
import io.vlink.tests.rings.model.LaneModel;
import io.vlink.tests.rings.model.LaneMutation;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The epoch handshake in every interleaving and reordering, with both sides leaving, dying and coming back at every step: no ring
 * is touched in an epoch that the other side has not agreed to, and the link can always come up again.
 */
class LaneModelTest {
    private static final int MAX_STATES = 50_000_000;

    // Each number of events on its own: what only a further event could mend must not count as mended.
    @ParameterizedTest(name = "events={0}")
    @CsvSource({"0, 2_000", "1, 20_000", "2, 100_000", "3, 250_000"})
    void neitherSideTouchesRingsOfAnEpochThatTheOtherHasNotAgreedTo(int events, int states) {
        explore(events, states);
    }

    @ParameterizedTest(name = "events={0}")
    @CsvSource({"4, 500_000", "5, 800_000"})
    @EnabledIfSystemProperty(named = "vlink.proof", matches = "long", disabledReason = "needs -Dvlink.proof=long")
    void alsoWithMoreDeathsInARow(int events, int states) {
        explore(events, states);
    }

    private static void explore(int events, int atLeast) {
        LaneModel model = new LaneModel(events, LaneMutation.NONE);
        Exploration all = Exploration.of(model, MAX_STATES);
        System.out.printf("lane model: events=%d: states=%d steps=%d%n", events, all.stateCount(), all.stepCount());
        assertThat(all.violation()).isEmpty();
        assertThat(all.stateCount()).isGreaterThan(atLeast);
        assertThat(all.reaches(model.isUpAgain())).isTrue();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aMistakeIsFound(LaneMutation mistake) {
        assertThat(Exploration.of(new LaneModel(1, mistake), MAX_STATES).violation()).isNotEmpty();
    }
}
