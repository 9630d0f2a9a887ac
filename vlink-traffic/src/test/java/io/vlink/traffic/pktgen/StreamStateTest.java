// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.traffic.pktgen.StreamState.Arrival;
import org.junit.jupiter.api.Test;

class StreamStateTest {
    private final StreamState stream = new StreamState();

    @Test
    void rejectsNumbersThatWereNotSent() {
        stream.sent(3);
        assertThat(stream.returned(3)).isEqualTo(Arrival.NEVER_SENT);
        assertThat(stream.returned(-1)).isEqualTo(Arrival.NEVER_SENT);
        assertThat(stream.returned(Long.MIN_VALUE)).isEqualTo(Arrival.NEVER_SENT);
    }

    @Test
    void tellsInOrderLateAndTwice() {
        stream.sent(4);
        assertThat(stream.returned(0)).isEqualTo(Arrival.IN_ORDER);
        assertThat(stream.returned(2)).isEqualTo(Arrival.IN_ORDER);
        assertThat(stream.returned(1)).isEqualTo(Arrival.REORDERED);
        assertThat(stream.returned(3)).isEqualTo(Arrival.IN_ORDER);
        assertThat(stream.returned(1)).isEqualTo(Arrival.DUPLICATE);
        assertThat(stream.returned(3)).isEqualTo(Arrival.DUPLICATE);
    }

    @Test
    void doesNotTakeAForgottenNumberForANewOne() {
        stream.sent(1);
        for (int i = 0; i < 1 << 18; i++) {
            stream.sent(1);
            assertThat(stream.returned(stream.next() - 1)).isEqualTo(Arrival.IN_ORDER);
        }
        assertThat(stream.returned(0)).isEqualTo(Arrival.DUPLICATE);
    }
}
