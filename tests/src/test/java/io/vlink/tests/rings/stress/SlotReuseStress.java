// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.stress;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * A full ring whose positions are about to pass 2^32: the producer wants the slots while the consumer empties them, and must not
 * write one that was not read. Taken by the producer, received afterwards, wrong in all.
 */
@JCStressTest
@State
@Outcome(id = "0, 0, 0", expect = Expect.ACCEPTABLE, desc = "the producer found the ring full")
@Outcome(id = "8, 8, 0", expect = Expect.ACCEPTABLE, desc = "the producer refilled it")
@Outcome(expect = Expect.FORBIDDEN, desc = "a descriptor was overwritten, lost, or room was given in part")
public class SlotReuseStress {
    private final StartedRing ring = StartedRing.real(StartedRing.BEFORE_2_TO_32, StartedRing.SLOTS);

    /**
     * Refills, if there is room.
     *
     * @param result taken
     */
    @Actor
    public void produce(III_Result result) {
        result.r1 = ring.ends.offer(Descriptors.numbered(ring.in, 1L + StartedRing.SLOTS, StartedRing.SLOTS));
    }

    /**
     * Empties.
     *
     * @param result wrong
     */
    @Actor
    public void consume(III_Result result) {
        int count = ring.ends.poll(ring.out, StartedRing.SLOTS);
        result.r3 = Descriptors.wrong(ring.out, 1, count) + StartedRing.SLOTS - count;
    }

    /**
     * Takes what the producer put on.
     *
     * @param result received, wrong
     */
    @Arbiter
    public void drain(III_Result result) {
        result.r2 = ring.ends.poll(ring.out, StartedRing.SLOTS);
        result.r3 += Descriptors.wrong(ring.out, 1L + StartedRing.SLOTS, result.r2);
    }
}
