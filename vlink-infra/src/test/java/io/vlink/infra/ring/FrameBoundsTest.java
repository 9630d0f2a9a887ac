// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.spec.channel.Descriptor;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Which packets are let through, against the sentence that says so, at every edge of it. */
class FrameBoundsTest {
    private static final long FIRST = 4 * 2_048;
    private static final int BUFFERS = 3;
    private static final int BUFFER_BYTES = 2_048;
    private static final int MAX_FRAME_BYTES = 1_514;
    private final FrameBounds bounds = new FrameBounds(FIRST, BUFFERS, BUFFER_BYTES, MAX_FRAME_BYTES);

    /** Slowly, and in other words: the length is right and the packet begins and ends in one and the same buffer of the pool. */
    private static boolean isFrame(long offset, long length) {
        if (length < 14 || length > MAX_FRAME_BYTES || offset < FIRST || offset >= FIRST + BUFFERS * BUFFER_BYTES) {
            return false;
        }
        return offset / BUFFER_BYTES == (offset + length - 1) / BUFFER_BYTES;
    }

    @Test
    void noPlaceAndNoLengthOutsideTheBoundsPasses() {
        long[] lengths = {0, 1, 13, 14, 15, 60, 1_513, 1_514, 1_515, 2_047, 2_048, 2_049, 65_535, 0x7fff_ffffL,
                0x8000_0000L, 0xffff_ffffL, Descriptor.meta(60, 1, 0), Descriptor.meta(60, 0x8000, 0),
                Descriptor.meta(-1, 0xffff, 0)};
        long[] anywhere = {Long.MIN_VALUE, Long.MIN_VALUE + 1, -1, Long.MAX_VALUE, Long.MAX_VALUE - 2_048, 1L << 32};
        long[] nearby = LongStream.range(0, FIRST + (BUFFERS + 1) * BUFFER_BYTES).toArray();
        for (long length : lengths) {
            LongStream.concat(LongStream.of(anywhere), LongStream.of(nearby)).forEach(offset -> {
                if (bounds.isFrame(offset, length) != isFrame(offset, length)) {
                    throw new AssertionError("offset=" + offset + " length=" + length + " passes="
                            + bounds.isFrame(offset, length));
                }
            });
        }
    }

    @Test
    void theBuffersAreNumberedFromTheFirst() {
        assertThat(bounds.bufferOf(FIRST)).isZero();
        assertThat(bounds.bufferOf(FIRST + BUFFER_BYTES - 1)).isZero();
        assertThat(bounds.bufferOf(FIRST + 2 * BUFFER_BYTES + 100)).isEqualTo(2);
    }

    @Test
    void aLinkWhoseFramesAreAsLargeAsItsBuffersFillsThem() {
        FrameBounds full = new FrameBounds(0, 1, BUFFER_BYTES, BUFFER_BYTES);
        assertThat(full.isFrame(0, BUFFER_BYTES)).isTrue();
        assertThat(full.isFrame(1, BUFFER_BYTES)).isFalse();
        assertThat(full.isFrame(0, BUFFER_BYTES + 1)).isFalse();
    }
}
