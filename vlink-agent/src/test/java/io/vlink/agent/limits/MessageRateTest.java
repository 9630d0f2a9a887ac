// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.limits;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MessageRateTest {
    private static final long SECOND = 1_000_000_000L;

    private final MessageRate rate = new MessageRate(100, 10);

    @Test
    void letsABurstPassAndThenOneEachInterval() {
        long now = System.nanoTime() + SECOND;
        for (int i = 0; i < 10; i++) {
            assertThat(rate.reserve(now)).isZero();
        }
        assertThat(rate.reserve(now)).isEqualTo(SECOND / 100);
        assertThat(rate.reserve(now)).isEqualTo(2 * SECOND / 100);
        assertThat(rate.reserve(now + SECOND)).isZero();
    }

    @Test
    void aLongSilenceIsWorthNoMoreThanOneBurst() {
        long now = System.nanoTime() + 3_600 * SECOND;
        for (int i = 0; i < 10; i++) {
            assertThat(rate.reserve(now)).isZero();
        }
        assertThat(rate.reserve(now)).isPositive();
    }

    @Test
    void holdsBackWhoAsksWithoutEnd() {
        long start = System.nanoTime();
        for (int i = 0; i < 30; i++) {
            rate.await();
        }
        assertThat(System.nanoTime() - start).isGreaterThan(SECOND * 15 / 100);
    }
}
