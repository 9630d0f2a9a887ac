// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DescriptorBatchTest {
    @Test
    void aBatchWithoutRoomAndOneThatNoArrayCouldHoldAreRefused() {
        assertThatThrownBy(() -> new DescriptorBatch(0)).hasMessageContaining("capacity=0");
        assertThatThrownBy(() -> new PacketBurst(-1)).hasMessageContaining("capacity=-1");
        assertThatThrownBy(() -> new UncheckedDescriptors(0)).hasMessageContaining("capacity=0");
        assertThatThrownBy(() -> new PacketBurst(Integer.MAX_VALUE)).isInstanceOf(ArithmeticException.class);
    }

    @Test
    void theFirstDescriptorBegins32BytesBehindTheObjectWhoseWordsBegin16BytesBehindIt() {
        assertThat(16 + DescriptorBatch.word(0) * Long.BYTES).isEqualTo(32);
    }

    @Test
    void aDescriptorsPairOfWordsIsItsOwn() {
        for (int index = 0; index < 3; index++) {
            assertThat(DescriptorBatch.pair(index) * DescriptorBatch.WORDS).isEqualTo(DescriptorBatch.word(index));
        }
    }

    @Test
    void thereIsRoomForAsManyDescriptorsAsAskedForAndForNoMore() {
        DescriptorBatch batch = new DescriptorBatch(3);
        batch.set(2, 7, 8);
        assertThat(batch.capacity()).isEqualTo(3);
        assertThat(batch.address(2)).isEqualTo(7);
        assertThat(batch.meta(2)).isEqualTo(8);
        assertThatThrownBy(() -> batch.set(3, 7, 8)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
