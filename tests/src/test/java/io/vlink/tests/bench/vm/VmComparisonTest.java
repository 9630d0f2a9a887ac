// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class VmComparisonTest {
    private static VmComparison.Round round(double vlink, double virtio) {
        return new VmComparison.Round(vlink, virtio, 10, 1);
    }

    @Test
    void refusesToTellOfNothing() {
        assertThatIllegalArgumentException().isThrownBy(() -> new VmComparison("tcg", 512, 64, List.of()));
    }

    @Test
    void takesTheMedianOfTheRatiosAndNotTheRatioOfTheMedians() {
        VmComparison comparison = new VmComparison("tcg", 512, 64,
                List.of(round(100, 10), round(300, 10), round(600, 30)));
        assertThat(comparison.medianRatio()).isEqualTo(20);
        assertThat(comparison.ratioSpread()).isCloseTo(1.0, within(1e-9));
        assertThat(comparison.toJson()).containsEntry("virtioLost", 3L).containsEntry("vlinkPps", 300.0);
    }

    @Test
    void takesTheMiddleOfTwo() {
        assertThat(new VmComparison("tcg", 512, 64, List.of(round(10, 1), round(20, 1))).medianRatio()).isEqualTo(15);
    }
}
