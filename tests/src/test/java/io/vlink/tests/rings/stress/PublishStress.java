// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.stress;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Whoever sees the producer's position sees the descriptors below it complete, all of the burst. Received, wrong. */
@JCStressTest
@State
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "not published yet")
@Outcome(id = "3, 0", expect = Expect.ACCEPTABLE, desc = "all three, whole")
@Outcome(expect = Expect.FORBIDDEN, desc = "a part of the burst, or a descriptor that is not whole")
public class PublishStress {
    private final StartedRing ring = StartedRing.real(0, 0);

    /** Publishes a burst. */
    @Actor
    public void produce() {
        ring.ends.offer(Descriptors.numbered(ring.in, 1, 3));
    }

    /**
     * Looks once.
     *
     * @param result received, wrong
     */
    @Actor
    public void consume(II_Result result) {
        result.r1 = ring.ends.poll(ring.out, StartedRing.SLOTS);
        result.r2 = Descriptors.wrong(ring.out, 1, result.r1);
    }
}
