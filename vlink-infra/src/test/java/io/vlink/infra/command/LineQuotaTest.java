// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineQuotaTest {
    private static final long WINDOW = TimeUnit.SECONDS.toNanos(LineQuota.SECONDS);

    private final LineQuota quota = new LineQuota();

    private int told(int lines, long nowNanos) {
        int told = 0;
        for (int i = 0; i < lines; i++) {
            told += quota.take(nowNanos).told() ? 1 : 0;
        }
        return told;
    }

    // System.nanoTime may be anything, and may pass from its largest to its least.
    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, Long.MAX_VALUE - 5})
    void tellsSoManyLinesInAWindowWhateverTheClockSays(long start) {
        assertThat(told(1_000, start)).isEqualTo(LineQuota.LINES);
        assertThat(told(1_000, start + WINDOW - 1)).isZero();
        assertThat(told(1_000, start + WINDOW)).isEqualTo(LineQuota.LINES);
    }

    @Test
    void saysOnceThatLinesAreLeftOutAndLaterHowMany() {
        told(LineQuota.LINES, 7);
        assertThat(quota.take(7)).isEqualTo(new LineQuota.Verdict(false, true, 0));
        assertThat(quota.take(8)).isEqualTo(new LineQuota.Verdict(false, false, 0));
        assertThat(quota.take(7 + WINDOW)).isEqualTo(new LineQuota.Verdict(true, false, 2));
        assertThat(quota.take(7 + WINDOW)).isEqualTo(new LineQuota.Verdict(true, false, 0));
    }

    @Test
    void tellsOfWhatWasLeftOutOnceTheWindowIsOverAlsoWhereNoLineComes() {
        assertThat(quota.takeOverdue(7)).isZero();
        told(LineQuota.LINES + 3, 7);
        assertThat(quota.takeOverdue(6 + WINDOW)).isZero();
        assertThat(quota.takeOverdue(7 + WINDOW)).isEqualTo(3);
        assertThat(quota.takeOverdue(7 + WINDOW)).isZero();
    }

    @Test
    void whatWasToldAtTheEndIsNotToldAgain() {
        told(LineQuota.LINES + 3, 7);
        assertThat(quota.takeLeftOut()).isEqualTo(3);
        assertThat(quota.takeLeftOut()).isZero();
        assertThat(quota.take(7 + WINDOW).leftOut()).isZero();
    }
}
