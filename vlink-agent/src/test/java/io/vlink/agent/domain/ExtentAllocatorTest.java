// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ExtentAllocatorTest {
    private final ExtentAllocator extents = new ExtentAllocator(1 << 20);

    @Test
    void refusesMoreThanThereIs() {
        assertThat(extents.allocate((1 << 20) + 1)).isEqualTo(ExtentAllocator.NO_ROOM);
        assertThat(extents.usedBytes()).isZero();
    }

    @Test
    void refusesNothingAtAll() {
        assertThatThrownBy(() -> extents.allocate(0)).hasMessageContaining("bytes=0");
    }

    @Test
    void refusesToTakeBackWhatItDidNotGive() {
        extents.allocate(4_096);
        assertThatThrownBy(() -> extents.free(4_096)).hasMessageContaining("offset=4096");
    }

    @Test
    void fillsTheRegionToTheLastByte() {
        assertThat(extents.allocate(1 << 19)).isZero();
        assertThat(extents.allocate(1 << 19)).isEqualTo(1 << 19);
        assertThat(extents.allocate(1)).isEqualTo(ExtentAllocator.NO_ROOM);
    }

    @Test
    void roundsToPagesSoThatPoolsShareNone() {
        assertThat(extents.allocate(5_000)).isZero();
        assertThat(extents.allocate(1)).isEqualTo(8_192);
        assertThat(extents.usedBytes()).isEqualTo(3 * 4_096);
    }

    @Test
    void reusesTheLowestGapThatIsLargeEnough() {
        extents.allocate(4_096);
        extents.allocate(8_192);
        extents.allocate(4_096);
        extents.free(0);
        extents.free(4_096);
        assertThat(extents.allocate(16_384)).isEqualTo(16_384);
        assertThat(extents.allocate(12_288)).isZero();
    }

    @Test
    void takesOnlyWhatIsFreeAndInTheRegion() {
        extents.take(8_192, 5_000);
        for (long[] bad : new long[][]{{8_192, 1}, {12_288, 1}, {4_096, 4_097}, {-4_096, 1}, {100, 1},
                {1 << 20, 1}, {(1 << 20) - 4_096, 4_097}}) {
            assertThatThrownBy(() -> extents.take(bad[0], bad[1])).hasMessageContaining("offset=" + bad[0]);
        }
        extents.take(4_096, 4_096);
        extents.take(16_384, 1);
        assertThat(extents.allocate(4_096)).isZero();
        assertThat(extents.usedBytes()).isEqualTo(5 * 4_096);
    }
}
