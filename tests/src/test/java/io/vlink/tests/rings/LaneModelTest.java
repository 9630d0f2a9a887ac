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
 * The epoch handshake in every interleaving and reordering, with both sides leaving, dying and coming back at every step, and a
 * guest that lies with lane words and positions: no ring is touched in an epoch that the other side has not agreed to, and the
 * link can always come up again.
 */
class LaneModelTest {
    private static final int MAX_STATES = 50_000_000;

    // Each number of events on its own: what only a further event could mend must not count as mended.
    @ParameterizedTest(name = "events={0}, spoils={1}")
    @CsvSource({"0, 0, 2_000", "1, 0, 20_000", "2, 0, 100_000", "3, 0, 250_000", "0, 1, 200_000", "1, 1, 2_000_000"})
    void neitherSideTouchesRingsOfAnEpochThatTheOtherHasNotAgreedTo(int events, int spoils, int states) {
        explore(events, spoils, states);
    }

    @ParameterizedTest(name = "events={0}, spoils={1}")
    @CsvSource({"4, 0, 500_000", "5, 0, 800_000", "2, 1, 10_000_000", "0, 2, 3_000_000"})
    @EnabledIfSystemProperty(named = "vlink.proof", matches = "long", disabledReason = "needs -Dvlink.proof=long")
    void alsoWithMoreDeathsInARow(int events, int spoils, int states) {
        explore(events, spoils, states);
    }

    private static void explore(int events, int spoils, int atLeast) {
        LaneModel model = new LaneModel(events, spoils, LaneMutation.NONE);
        Exploration all = Exploration.of(model, MAX_STATES);
        System.out.printf("lane model: events=%d spoils=%d: states=%d steps=%d%n", events, spoils, all.stateCount(),
                all.stepCount());
        assertThat(all.violation()).isEmpty();
        assertThat(all.stateCount()).isGreaterThan(atLeast);
        assertThat(all.reaches(model.isUpAgain())).isTrue();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aMistakeIsFound(LaneMutation mistake) {
        String violation = Exploration.of(new LaneModel(1, 1, mistake), MAX_STATES).violation();
        switch (mistake) {
            case AGREEMENTS_ALIKE -> assertThat(violation)
                    .startsWith("a guest begins with positions that are not its own");
            case GUEST_IGNORES_NONCE -> assertThat(violation)
                    .startsWith("a guest is up in an epoch that another agreed to");
            default -> assertThat(violation).isNotEmpty();
        }
    }
}
