// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import io.vlink.hostpmd.LinkMode;
import io.vlink.hostpmd.VlinkPort;
import io.vlink.traffic.frame.FrameChecker;
import io.vlink.traffic.frame.FrameFault;
import io.vlink.traffic.frame.UdpFlow;
import io.vlink.traffic.frame.UdpFrame;
import io.vlink.infra.ring.PacketBurst;
import java.util.concurrent.locks.LockSupport;

/**
 * The closed loop: sends while fewer packets than the window are on their way, takes back what returns, checks it, and goes
 * round the queues. Time is read once a burst, so a round trip is as precise as a burst is long. The thread that runs it owns
 * the port; {@link #stop} is for any thread.
 */
final class TrafficGenerator {
    /** In mode bond, streams for each data channel: enough that the flow hash reaches every channel. */
    private static final int STREAMS_PER_CHANNEL = 4;
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final long NANOS_PER_MILLISECOND = 1_000_000;
    /** How long after a link's end its agent's end may show. */
    private static final long AGENT_END_NANOS = 300 * NANOS_PER_MILLISECOND;
    /** Turns without progress before the processor is offered to others, which may be the very guest that is waited for. */
    private static final int SPINS = 2_000;

    private final VlinkPort port;
    private final TrafficPlan plan;
    private final TrafficCounts counts = new TrafficCounts();
    private final UdpFrame[] frames;
    private final StreamState[] streams;
    private final int[] queueOfStream;
    private final PacketBurst[] pending;
    private final PacketBurst received;
    private final FrameChecker checker;
    private volatile boolean stopping;
    private long startNanos;
    private long endNanos;
    private long progressNanos;
    private long epoch;
    private int idle;

    /**
     * A generator that has sent nothing yet.
     *
     * @param port its link is up
     * @param plan checked against the port
     */
    TrafficGenerator(VlinkPort port, TrafficPlan plan) {
        this.port = port;
        this.plan = plan;
        boolean bond = port.arguments().mode() == LinkMode.BOND;
        int count = bond ? port.dataChannels() * STREAMS_PER_CHANNEL : plan.queues().size();
        frames = new UdpFrame[count];
        streams = new StreamState[count];
        pending = new PacketBurst[count];
        queueOfStream = new int[count];
        for (int i = 0; i < count; i++) {
            frames[i] = new UdpFrame(UdpFlow.ofStream(port.mac(), i), i, plan.size());
            streams[i] = new StreamState();
            pending[i] = new PacketBurst(plan.burst());
            queueOfStream[i] = bond ? 0 : plan.queues().get(i);
        }
        received = new PacketBurst(Math.max(plan.burst(), port.queueSize()));
        checker = new FrameChecker(frames);
    }

    /** Makes the loop stop sending and drain; any thread, at any time. */
    void stop() {
        stopping = true;
    }

    TrafficCounts counts() {
        return counts;
    }

    /** {@return seconds from the first packet sent to the last one received} */
    double seconds() {
        return (double) (endNanos - startNanos) / NANOS_PER_SECOND;
    }

    /**
     * Sends, then waits for what is on its way, until it is back, the drain time is over, or the link is down.
     *
     * @return why sending stopped
     */
    StopReason run() {
        epoch = port.epochCount();
        startNanos = System.nanoTime();
        endNanos = startNanos;
        progressNanos = startNanos;
        StopReason reason = null;
        while (reason == null) {
            reason = round();
        }
        for (PacketBurst burst : pending) {
            port.free(burst);
        }
        return rootCause(drain(reason));
    }

    /** An agent that stops takes its links down, which can be seen here before its end can. */
    private StopReason rootCause(StopReason reason) {
        long start = System.nanoTime();
        while (reason == StopReason.LINK_DOWN && !port.isAgentGone()
                && System.nanoTime() - start < AGENT_END_NANOS) {
            LockSupport.parkNanos(NANOS_PER_MILLISECOND);
        }
        return reason == StopReason.LINK_DOWN && port.isAgentGone() ? StopReason.AGENT_GONE : reason;
    }

    /** One turn over all streams; the reason to stop, or null. */
    private StopReason round() {
        boolean progress = false;
        for (int stream = 0; stream < streams.length; stream++) {
            long now = System.nanoTime();
            StopReason reason = reasonToStop(now);
            if (reason != null) {
                return reason;
            }
            progress |= send(stream, now) > 0;
            progress |= receive(queueOfStream[stream]) > 0;
        }
        rest(progress);
        return null;
    }

    private StopReason reasonToStop(long now) {
        if (counts.sent() >= plan.count()) {
            return StopReason.COUNT;
        }
        if (plan.duration() != null && now - startNanos >= plan.duration().toNanos()) {
            return StopReason.DURATION;
        }
        if (port.isAgentGone()) {
            return StopReason.AGENT_GONE;
        }
        if (isLinkLost()) {
            return StopReason.LINK_DOWN;
        }
        if (port.quarantinedChannels() > 0) {
            return StopReason.QUARANTINED;
        }
        if (isStalled(now)) {
            return StopReason.STALLED;
        }
        return stopping ? StopReason.SIGNAL : null;
    }

    /** A window full of lost packets would otherwise be waited for without end: nothing can be sent, nothing returns. */
    private boolean isStalled(long now) {
        return counts.outstanding() >= plan.window() && now - progressNanos >= plan.drain().toNanos();
    }

    /** Another epoch counts as down: what was on its way in the old one does not come back. */
    private boolean isLinkLost() {
        return !port.linkUp() || port.epochCount() != epoch;
    }

    private int send(int stream, long now) {
        PacketBurst burst = pending[stream];
        int wanted = (int) Math.min(Math.min(plan.burst(), plan.window() - counts.outstanding()), allowed(now));
        if (wanted <= 0) {
            return 0;
        }
        if (burst.count < wanted) {
            port.alloc(burst, wanted - burst.count);
        }
        UdpFrame frame = frames[stream];
        long sequence = streams[stream].next();
        int ready = Math.min(wanted, burst.count);
        for (int i = 0; i < ready; i++) {
            frame.build(port.region(), burst.offset[i], sequence + i, now);
            burst.length(i, frame.frameBytes());
        }
        // Left over from a fuller burst: they wait, as only the first ones carry frames.
        int waiting = burst.count;
        burst.count = ready;
        int taken = port.txBurst(queueOfStream[stream], burst);
        burst.count = waiting;
        burst.removeFirst(taken);
        streams[stream].sent(taken);
        counts.countSent(taken);
        progressNanos = taken > 0 ? now : progressNanos;
        return taken;
    }

    /** Packets that count and rate allow now. */
    private long allowed(long now) {
        long left = plan.count() - counts.sent();
        if (plan.rate() == 0) {
            return left;
        }
        double due = (double) (now - startNanos) / NANOS_PER_SECOND * plan.rate() + 1;
        return Math.min(left, (long) due - counts.sent());
    }

    private int receive(int queue) {
        received.count = 0;
        int count = port.rxBurst(queue, received);
        if (count == 0) {
            return 0;
        }
        long now = System.nanoTime();
        for (int i = 0; i < count; i++) {
            FrameFault fault = checker.check(port.region(), received.offset[i], received.length(i));
            if (fault == FrameFault.NONE) {
                countArrival(now);
            } else {
                counts.countCorrupt(fault);
            }
        }
        port.free(received);
        counts.show();
        endNanos = now;
        progressNanos = now;
        return count;
    }

    private void countArrival(long now) {
        long roundTrip = now - checker.transmitNanos();
        boolean plausible = roundTrip >= 0 && checker.transmitNanos() - startNanos >= 0;
        StreamState.Arrival arrival = plausible
                ? streams[checker.stream()].returned(checker.sequence())
                : StreamState.Arrival.NEVER_SENT;
        switch (arrival) {
            case IN_ORDER -> counts.countReceived(roundTrip);
            case REORDERED -> {
                counts.countReceived(roundTrip);
                counts.countReordered();
            }
            case DUPLICATE -> counts.countDuplicated();
            case NEVER_SENT -> counts.countCorrupt(FrameFault.CHECKSUM);
        }
    }

    private StopReason drain(StopReason stopped) {
        long drainStart = stopped == StopReason.STALLED ? progressNanos : System.nanoTime();
        while (counts.outstanding() > 0) {
            if (isLinkLost()) {
                return StopReason.LINK_DOWN;
            }
            boolean progress = false;
            for (int queue : queueOfStream) {
                progress |= receive(queue) > 0;
            }
            if (!progress && System.nanoTime() - drainStart >= plan.drain().toNanos()) {
                break;
            }
            rest(progress);
        }
        return stopped == StopReason.COUNT && port.isAgentGone() ? StopReason.AGENT_GONE : stopped;
    }

    @SuppressWarnings("ThreadPriorityCheck") // correct without the yield; faster with it where processors are short
    private void rest(boolean progress) {
        if (progress) {
            idle = 0;
        } else if (++idle < SPINS) {
            Thread.onSpinWait();
        } else {
            Thread.yield();
        }
    }
}
