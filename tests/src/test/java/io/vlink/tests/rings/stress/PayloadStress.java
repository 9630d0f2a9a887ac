// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.stress;

import io.vlink.spec.channel.SharedWord;
import io.vlink.tests.rings.RealRing;
import java.lang.foreign.MemorySegment;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IJJ_Result;

/** Packet bytes written before the descriptor was published are seen by whoever took the descriptor. Received, both words. */
@JCStressTest
@State
@Outcome(id = "0, 0, 0", expect = Expect.ACCEPTABLE, desc = "not published yet")
@Outcome(id = "1, 111, 222", expect = Expect.ACCEPTABLE, desc = "the packet, whole")
@Outcome(expect = Expect.FORBIDDEN, desc = "a descriptor before its packet")
public class PayloadStress {
    private final MemorySegment piece = RingMemory.piece();
    private final StartedRing ring = new StartedRing(new RealRing(RingMemory.ring(piece), StartedRing.SLOTS), 0);

    /** Writes a packet, then sends it. */
    @Actor
    public void produce() {
        piece.set(SharedWord.LONG, RingMemory.PAYLOAD_OFFSET, 111L);
        piece.set(SharedWord.LONG, RingMemory.PAYLOAD_OFFSET + 64, 222L);
        ring.ends.offer(Descriptors.numbered(ring.in, RingMemory.PAYLOAD_OFFSET, 1));
    }

    /**
     * Takes the packet, and reads it where the descriptor says.
     *
     * @param result received, first word, second word
     */
    @Actor
    public void consume(IJJ_Result result) {
        result.r1 = ring.ends.poll(ring.out, StartedRing.SLOTS);
        if (result.r1 == 1) {
            result.r2 = piece.get(SharedWord.LONG, ring.out.address(0));
            result.r3 = piece.get(SharedWord.LONG, ring.out.address(0) + 64);
        }
    }
}
