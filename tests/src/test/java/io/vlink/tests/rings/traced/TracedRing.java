// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.traced;

import io.vlink.spec.channel.RingLayout;
import io.vlink.tests.rings.model.Access;
import io.vlink.tests.rings.model.RingModel;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Both ends of a real ring whose accesses are seen. Descriptors are numbered as the positions they stand at. */
public interface TracedRing {
    /**
     * Offers the next descriptors.
     *
     * @param count how many
     * @return how many were taken
     */
    int offer(int count);

    /**
     * Polls, and fails unless what comes is whole and the next.
     *
     * @param limit at most
     * @return how many came
     */
    int poll(int limit);

    /** {@return the producing end's own position} */
    long produced();

    /** {@return the consuming end's own position} */
    long consumed();

    /**
     * A ring over new memory; its accesses are written down from now on.
     *
     * @param memory    a ring's bytes, zero
     * @param queueSize slots
     * @param start     first position
     * @return the ring
     */
    static TracedRing over(MemorySegment memory, int queueSize, long start) {
        AccessTrace.of(memory, TracedRing::cell);
        return (TracedRing) TracingLoader.make("LinkedRing", memory, queueSize, start);
    }

    private static int cell(long offset) {
        if (offset == RingLayout.PRODUCER_OFFSET) {
            return RingModel.PRODUCER_CELL;
        }
        if (offset == RingLayout.CONSUMER_OFFSET) {
            return RingModel.CONSUMER_CELL;
        }
        long words = offset - RingLayout.DESCRIPTORS_OFFSET;
        if (words < 0 || words % Long.BYTES != 0) {
            throw new AssertionError("an access of what is no word of a ring: offset=" + offset);
        }
        return RingModel.FIRST_SLOT_CELL + (int) (words / Long.BYTES);
    }

    /** {@return the accesses since the last call, in program order} */
    static List<Access> takeAccesses() {
        return AccessTrace.take();
    }
}
