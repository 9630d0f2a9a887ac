// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.translation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both directions, over tables that are shuffled and have gaps. */
class AddressTranslationTest {
    private static final long PAGE = 1L << 21;
    private static final long BASE = 0x1234L << 21;
    // Page 0 stands third, there is a hole after it.
    private final AddressTranslation translation = new AddressTranslation(
            new long[]{BASE + 2 * PAGE, BASE, BASE + PAGE, BASE + 4 * PAGE}, 21);

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, BASE - 1, BASE + 3 * PAGE, BASE + 4 * PAGE - 1,
            BASE + 5 * PAGE})
    void anAddressInNoPageIsUnmapped(long busAddress) {
        assertThat(translation.isOffset(translation.toOffset(busAddress))).isFalse();
    }

    @Test
    void everyPageTranslatesBothWaysAtItsFirstAndLastByte() {
        for (long offset = 0; offset < 4 * PAGE; offset += PAGE) {
            assertThat(translation.toOffset(translation.toBusAddress(offset))).isEqualTo(offset);
            long last = offset + PAGE - 1;
            assertThat(translation.toOffset(translation.toBusAddress(last))).isEqualTo(last);
        }
        assertThat(translation.toBusAddress(7)).isEqualTo(BASE + 2 * PAGE + 7);
        assertThat(translation.toOffset(BASE + 5)).isEqualTo(PAGE + 5);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 4 * PAGE, BASE})
    void anAddressPastTheRegionIsUnmappedAlsoWhereAddressesAreOffsets(long busAddress) {
        AddressTranslation offsets = new AddressTranslation(new long[]{0, PAGE, 2 * PAGE, 3 * PAGE}, 21);
        assertThat(offsets.isIdentity()).isTrue();
        assertThat(offsets.isOffset(offsets.toOffset(busAddress))).isFalse();
    }

    @Test
    void onlyPagesInOrderFromZeroOnAreOffsets() {
        assertThat(new AddressTranslation(new long[]{PAGE, 2 * PAGE}, 21).isIdentity()).isFalse();
        assertThat(new AddressTranslation(new long[]{0, 2 * PAGE}, 21).isIdentity()).isFalse();
        assertThat(new AddressTranslation(new long[]{PAGE, 0}, 21).isIdentity()).isFalse();
    }

    @Test
    void aTableThatOverlapsIsCrookedOrTooWideIsRejected() {
        assertThatThrownBy(() -> new AddressTranslation(new long[]{BASE, BASE}, 21))
                .hasMessageContaining("distinct: page=1");
        assertThatThrownBy(() -> new AddressTranslation(new long[]{BASE + 64}, 21))
                .hasMessageContaining("page-aligned");
        assertThatThrownBy(() -> new AddressTranslation(new long[]{BASE, BASE + (PAGE << 21)}, 21))
                .hasMessageContaining("within");
        assertThatThrownBy(() -> new AddressTranslation(new long[]{-PAGE}, 21)).hasMessageContaining("lowest=");
        assertThatThrownBy(() -> new AddressTranslation(new long[]{BASE}, 12)).hasMessageContaining("page_shift=12");
        assertThatThrownBy(() -> new AddressTranslation(new long[0], 21)).hasMessageContaining("pages=0");
    }
}
