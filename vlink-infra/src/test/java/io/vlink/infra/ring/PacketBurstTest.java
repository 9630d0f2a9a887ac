// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PacketBurstTest {
    private static PacketBurst burst(int capacity, long... offsets) {
        PacketBurst burst = new PacketBurst(capacity);
        for (long offset : offsets) {
            burst.add(offset, offset + 1);
        }
        return burst;
    }

    private static void assertHolds(PacketBurst burst, long... offsets) {
        assertThat(burst.count()).isEqualTo(offsets.length);
        for (int i = 0; i < offsets.length; i++) {
            assertThat(burst.offset(i)).isEqualTo(offsets[i]);
            assertThat(burst.meta(i)).isEqualTo(offsets[i] + 1);
        }
    }

    @Test
    void aBurstThatHasNoRoomForAllOfAnotherTakesNone() {
        PacketBurst burst = burst(3, 10, 20);
        PacketBurst others = burst(2, 30, 40);
        assertThatThrownBy(() -> burst.addAll(others)).isInstanceOf(IndexOutOfBoundsException.class);
        assertHolds(burst, 10, 20);
        assertHolds(others, 30, 40);
    }

    @Test
    void theHiddenPacketsOfAnotherBurstAreNotAppendedAndABurstThatHidesSomeTakesNone() {
        PacketBurst others = burst(3, 30, 40, 50);
        others.hideAllAfter(1);
        PacketBurst burst = burst(4, 10);
        burst.addAll(others);
        assertHolds(burst, 10, 30);
        assertThatThrownBy(() -> others.addAll(burst)).isInstanceOf(IndexOutOfBoundsException.class);
        others.reveal();
        assertHolds(others, 30, 40, 50);
    }

    @Test
    void packetsOfAnotherBurstStandBehindThoseThatWereThere() {
        PacketBurst burst = burst(4, 10, 20);
        PacketBurst others = burst(2, 30, 40);
        burst.addAll(others);
        others.clear();
        assertHolds(burst, 10, 20, 30, 40);
        burst.removeFirst(1);
        assertHolds(burst, 20, 30, 40);
    }
}
