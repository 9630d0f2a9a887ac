// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.echo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MacSwapTest {
    @Test
    void neverWritesBeyondTheRegion() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment region = arena.allocate(16);
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> MacSwap.swap(region, 5));
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> MacSwap.swapAlone(region, 8));
        }
    }

    @ParameterizedTest
    @CsvSource({"3, false", "3, true", "8, false", "8, true"})
    void swapsTwelveBytesAtAnyAddressAndTouchesNoOther(int at, boolean alone) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment region = arena.allocate(32);
            for (int i = 0; i < 32; i++) {
                region.set(ValueLayout.JAVA_BYTE, i, (byte) (0xf0 + i));
            }
            if (alone) {
                MacSwap.swapAlone(region, at);
            } else {
                MacSwap.swap(region, at);
            }
            for (int i = 0; i < 32; i++) {
                int from = i >= at && i < at + 6 ? i + 6 : i >= at + 6 && i < at + 12 ? i - 6 : i;
                assertThat(region.get(ValueLayout.JAVA_BYTE, i)).as("byte " + i).isEqualTo((byte) (0xf0 + from));
            }
        }
    }
}
