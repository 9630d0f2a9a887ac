// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.linkconfig.LinkDefinition;
import io.vlink.spec.pci.Limits;

/**
 * The law of a link in its epoch: {@code sent = received + dropped + in flight}, in each direction (SPEC.md section 8). The
 * numbers move while they are read, so each is read twice: at the moment between, every one of them lay between its two
 * values. The law holds if it may have held at that moment.
 *
 * @param hostToGuest packets to the guest
 * @param guestToHost packets from the guest
 */
record LinkLaw(Direction hostToGuest, Direction guestToHost) {
    /** A side counts once a burst, which is no longer than this or the queue: what it has just moved may not be counted. */
    private static final int BURST = 1_024;

    /** What is to be said of the law. */
    enum Verdict {
        /** It holds. */
        HOLDS,
        /** It does not. */
        BROKEN,
        /** An epoch is being agreed upon, so there are no numbers to judge. */
        UNKNOWN
    }

    /**
     * The law in one direction.
     *
     * @param sent        packets put on the rings in this epoch
     * @param received    packets taken from them, good ones
     * @param dropped     packets taken from them, bad ones
     * @param inFlight    packets on the rings; where packets may be chains, as many as the law asks for within what the
     *                    descriptors on the rings allow
     * @param descriptors descriptors on the rings
     * @param difference  sent - received - dropped - in flight
     * @param tolerance   how large the difference may be, because of what moved while it was read; 0 on a link that is
     *                    up and at rest
     * @param verdict     whether the law holds
     */
    record Direction(long sent, long received, long dropped, long inFlight, long descriptors, long difference,
            long tolerance, Verdict verdict) {
    }

    /**
     * Judges two readings.
     *
     * @param link   the link
     * @param first  read first
     * @param second read after it
     * @return what they say
     */
    static LinkLaw of(LinkDefinition link, LinkReading first, LinkReading second) {
        boolean comparable = !first.isBetweenEpochs() && first.isSameEpoch(second);
        boolean running = first.isRunning();
        return new LinkLaw(direction(link, first.hostToGuest(), second.hostToGuest(), comparable, running),
                direction(link, first.guestToHost(), second.guestToHost(), comparable, running));
    }

    private static Direction direction(LinkDefinition link, LinkReading.Direction first, LinkReading.Direction second,
            boolean comparable, boolean running) {
        boolean chains = link.mtu() + Limits.MIN_FRAME_BYTES > Limits.BUFFER_BYTES;
        long missing = first.sent() - first.received() - first.dropped();
        long descriptors = first.descriptors();
        // The consumer of chains has taken the descriptors of one packet before it counts the packet.
        long inFlight = chains ? Math.clamp(missing, 0, Math.max(0, descriptors) + link.dataChannels()) : descriptors;
        long difference = missing - inFlight;
        long moved = moved(first, second);
        // Who was killed within a burst never counts it; that must not look like a packet lost.
        boolean burst = moved != 0 || !running;
        long uncounted = (long) Math.min(BURST, link.queueSize()) * link.dataChannels();
        long tolerance = Math.max(0, moved) + (burst ? uncounted : 0);
        long most = (long) link.queueSize() * link.dataChannels() + tolerance;
        boolean holds = moved >= 0 && difference >= -tolerance && difference <= tolerance && descriptors >= -tolerance
                && descriptors <= most;
        Verdict verdict = !comparable ? Verdict.UNKNOWN : holds ? Verdict.HOLDS : Verdict.BROKEN;
        return new Direction(first.sent(), first.received(), first.dropped(), inFlight, descriptors, difference,
                tolerance, verdict);
    }

    /** What moved between two readings, all together; -1 if a number went back, which none may. */
    private static long moved(LinkReading.Direction first, LinkReading.Direction second) {
        long[] steps = {second.sent() - first.sent(), second.received() - first.received(),
                second.dropped() - first.dropped(), second.produced() - first.produced(),
                second.consumed() - first.consumed()};
        long sum = 0;
        for (long step : steps) {
            sum += step;
            if (step < 0 || sum < 0) {
                return -1;
            }
        }
        return sum;
    }

    /** {@return whether the law is broken in a direction, which a later look may see otherwise} */
    boolean isBroken() {
        return hostToGuest.verdict() == Verdict.BROKEN || guestToHost.verdict() == Verdict.BROKEN;
    }
}
