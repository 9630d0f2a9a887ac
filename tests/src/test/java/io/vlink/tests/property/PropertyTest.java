// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.property;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The harness itself: it can fail, and says how to see it again. */
class PropertyTest {
    @Test
    void aPropertyThatRarelyFailsIsCaughtAndItsSeedRepeatsTheCase() {
        assertThatThrownBy(() -> Property.holds(10_000, draw -> assertThat(draw.between(0, 99)).isNotEqualTo(50)))
                .isInstanceOf(AssertionError.class).satisfies(failure -> {
                    Matcher seed = Pattern.compile("with seed (-?\\d+),").matcher(failure.getMessage());
                    assertThat(seed.find()).isTrue();
                    assertThat(new Draw(Long.parseLong(seed.group(1))).between(0, 99)).isEqualTo(50);
                });
    }

    @Test
    void theEdgesAreDrawnOften() {
        AtomicInteger edges = new AtomicInteger();
        Property.holds(1_000, draw -> edges.addAndGet(draw.between(0L, 1L << 40) % (1L << 40) == 0 ? 1 : 0));
        assertThat(edges.get()).isGreaterThan(100);
    }
}
