// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.stress;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Many bursts, several times around the ring and past 2^32: what was taken is received, once, in order, whole. Wrong, lost. */
@JCStressTest
@State
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "all of it")
@Outcome(expect = Expect.FORBIDDEN, desc = "a descriptor lost, repeated, out of order or not whole")
public class StreamStress {
    private final Stream stream = new Stream(StartedRing.real((1L << 32) - 3L * StartedRing.SLOTS, 0).ends);

    /** The producing end. */
    @Actor
    public void produce() {
        stream.send();
    }

    /** The consuming end. */
    @Actor
    public void consume() {
        stream.receive();
    }

    /**
     * Receives what is left.
     *
     * @param result wrong, lost
     */
    @Arbiter
    public void drain(II_Result result) {
        stream.drain();
        result.r1 = stream.wrong();
        result.r2 = stream.lost();
    }
}
