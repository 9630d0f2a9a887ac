// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.echo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class MacSwapTest {
    @Test
    void neverWritesBeyondTheRegion() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment region = arena.allocate(16);
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> MacSwap.swap(region, 5));
        }
    }

    @Test
    void swapsTwelveBytesAtAnyAddressAndTouchesNoOther() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment region = arena.allocate(32);
            for (int i = 0; i < 32; i++) {
                region.set(ValueLayout.JAVA_BYTE, i, (byte) (0xf0 + i));
            }
            MacSwap.swap(region, 3);
            for (int i = 0; i < 32; i++) {
                int from = i >= 3 && i < 9 ? i + 6 : i >= 9 && i < 15 ? i - 6 : i;
                assertThat(region.get(ValueLayout.JAVA_BYTE, i)).as("byte " + i).isEqualTo((byte) (0xf0 + from));
            }
        }
    }
}
