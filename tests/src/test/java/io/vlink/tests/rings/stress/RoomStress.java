// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.stress;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** What the consumer releases is what the producer finds room for, in the same steps; room never shrinks. Room, then taken. */
@JCStressTest
@State
@Outcome(id = {"0, 0", "0, 3", "0, 5", "3, 3", "3, 5",
        "5, 5"}, expect = Expect.ACCEPTABLE, desc = "steps of the consumer")
@Outcome(expect = Expect.FORBIDDEN, desc = "room that nobody released, or room that went away")
public class RoomStress {
    private final StartedRing ring = StartedRing.real(-5, StartedRing.SLOTS);

    /**
     * Looks for room, then takes what there is.
     *
     * @param result room, taken
     */
    @Actor
    public void produce(II_Result result) {
        result.r1 = ring.ends.room(StartedRing.SLOTS);
        result.r2 = ring.ends.offer(Descriptors.numbered(ring.in, 1L + StartedRing.SLOTS, StartedRing.SLOTS));
    }

    /** Releases three slots, then two. */
    @Actor
    public void consume() {
        ring.ends.poll(ring.out, 3);
        ring.ends.poll(ring.out, 2);
    }
}
