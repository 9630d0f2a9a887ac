// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class SeriesTest {
    @Test
    void rejectsNoNumbers() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Series(List.of())).withMessageContaining("values=[]");
    }

    @Test
    void medianIsTheMiddleOfBothMiddleOnes() {
        assertThat(new Series(List.of(9.0, 1.0, 3.0)).median()).isEqualTo(3);
        assertThat(new Series(List.of(9.0, 1.0, 3.0, 5.0)).median()).isEqualTo(4);
    }

    @Test
    void oneOutlierDoesNotSpreadASeries() {
        assertThat(new Series(List.of(10.0, 10.0, 10.0, 10.0, 1000.0)).spread()).isZero();
        assertThat(new Series(List.of(8.0, 10.0, 12.0)).spread()).isEqualTo(0.2);
    }

    @Test
    void aGoalIsReachedFromItsBetterSide() {
        assertThat(Goal.memif.isReachedBy(5.0)).isTrue();
        assertThat(Goal.memif.isReachedBy(4.9)).isFalse();
        assertThat(Goal.links16To1.isReachedBy(1.2)).isTrue();
        assertThat(Goal.links16To1.isReachedBy(1.4)).isFalse();
    }
}
