// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.infra.translation.AddressTranslation;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.api.Test;

class BusAddressesTest {
    private final Random random = new Random(7);

    @ParameterizedTest
    @CsvSource({"1, 21", "512, 21", "32768, 21", "1, 30", "64, 30"})
    void areAlignedAboveZeroAndBelow46Bits(int pages, int shift) {
        for (int round = 0; round < 10; round++) {
            for (long address : BusAddresses.shuffled(pages, shift, random)) {
                assertThat(address & ((1L << shift) - 1)).isZero();
                assertThat(address).isPositive();
                assertThat(address + (1L << shift)).isLessThanOrEqualTo(1L << 46);
            }
        }
    }

    @Test
    void differFromRegionToRegion() {
        assertThat(BusAddresses.shuffled(8, 21, random)).isNotEqualTo(BusAddresses.shuffled(8, 21, random));
    }

    @Test
    void areOffsetsUnlessShuffledSoThatNothingNeedsToBeTranslated() {
        long[] addresses = BusAddresses.offsets(512, 21);
        assertThat(addresses[511]).isEqualTo(511L << 21);
        assertThat(new AddressTranslation(addresses, 21).isIdentity()).isTrue();
        assertThat(new AddressTranslation(BusAddresses.shuffled(512, 21, random), 21).isIdentity()).isFalse();
    }

    @Test
    void keepEveryPageWhenShuffled() {
        long[] addresses = BusAddresses.shuffled(64, 21, random);
        long[] sorted = addresses.clone();
        Arrays.sort(sorted);
        assertThat(addresses).isNotEqualTo(sorted);
        assertThat(sorted[63] - sorted[0]).isEqualTo(63L << 21);
        assertThat(new AddressTranslation(addresses, 21).toOffset(addresses[5] + 17)).isEqualTo((5L << 21) + 17);
    }
}
