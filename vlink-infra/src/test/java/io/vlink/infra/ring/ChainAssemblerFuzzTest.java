// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.vlink.spec.channel.Descriptor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Any descriptors, in any order: packets come out whole and within bounds, and no buffer is lost or doubled. */
class ChainAssemblerFuzzTest {
    private static final int MAX_SEGMENTS = 5;
    private static final int MAX_FRAME_BYTES = 9_014;

    private final ChainAssembler chain = new ChainAssembler(MAX_SEGMENTS, MAX_FRAME_BYTES);
    private final PacketBurst burst = new PacketBurst(8);
    private long kept;
    private long out;

    @FuzzTest(maxDuration = "1m")
    void handsPacketsOutWholeOrNotAtAll(byte[] descriptors) {
        ByteBuffer script = ByteBuffer.wrap(descriptors).order(ByteOrder.LITTLE_ENDIAN);
        while (script.remaining() >= 1 + Long.BYTES) {
            int action = script.get();
            long meta = script.getLong();
            // The length has been checked before, alone: that the sum is within bounds is this class's affair.
            boolean checked = action >= 0 && Descriptor.length(meta) >= 1;
            kept += chain.add(checked ? kept + out : -1, meta) ? 1 : 0;
            assertThat(chain.bytes()).isBetween(0, MAX_FRAME_BYTES);
            assertThat(chain.segments().count).isBetween(0, MAX_SEGMENTS);
            if (chain.isComplete()) {
                finish(action);
            }
        }
        giveUp();
        assertThat(out).isEqualTo(kept);
    }

    private void finish(int action) {
        if (chain.isSpoilt()) {
            giveUp();
            return;
        }
        int before = burst.count;
        int segments = chain.segments().count;
        if (!chain.moveTo(burst)) {
            assertThat(burst.capacity() - before).isLessThan(segments);
            burst.count = 0;
            assertThat(chain.moveTo(burst)).isTrue();
            before = 0;
        }
        assertThat(burst.count - before).isEqualTo(segments);
        for (int i = before; i < burst.count; i++) {
            boolean more = (Descriptor.flags(burst.meta(i)) & Descriptor.FLAG_MORE) != 0;
            assertThat(more).isEqualTo(i < burst.count - 1);
        }
        out += segments;
        burst.count = (action & 1) == 0 ? 0 : burst.count;
    }

    private void giveUp() {
        out += chain.segments().count;
        chain.clear();
    }
}
