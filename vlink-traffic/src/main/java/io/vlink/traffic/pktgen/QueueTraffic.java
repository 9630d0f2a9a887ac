// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

import io.vlink.infra.port.Port;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.Descriptor;
import io.vlink.traffic.frame.UdpFrame;
import java.lang.foreign.MemorySegment;

/**
 * The traffic of one queue: builds frames in buffers and sends them, takes what comes back and checks it, and sends the same
 * buffers again. Buffers stay with their queue, as a guest's must. One thread.
 */
final class QueueTraffic {
    private static final long MORE = (long) Descriptor.FLAG_MORE << Descriptor.FLAGS_SHIFT;

    private final PortTraffic of;
    private final Port port;
    private final int queue;
    private final MemorySegment region;
    private final TrafficCounts counts;
    private final TrafficPlan plan;
    private final int bufferBytes;
    private final int segments;
    private final int maxHeadroom;
    private final int firstStream;
    private final int streams;
    private final PacketBurst empty;
    private final PacketBurst received;
    private int stream;
    private long epoch;
    private long notBeforeNanos;
    private long arrivalNanos;

    /**
     * A queue that has sent nothing yet.
     *
     * @param of          the worker's part of the queue's port
     * @param queue       0 to the port's queues - 1
     * @param firstStream its first stream
     * @param streams     how many it has; each burst is of one, in turn
     * @param plan        what to send
     */
    QueueTraffic(PortTraffic of, int queue, int firstStream, int streams, TrafficPlan plan) {
        this.of = of;
        this.port = of.port();
        this.queue = queue;
        this.region = port.region();
        this.counts = of.counts();
        this.plan = plan;
        this.bufferBytes = port.bufferBytes();
        this.segments = of.frame(firstStream).segments(bufferBytes);
        this.maxHeadroom = segments > 1 ? 0 : bufferBytes - (plan.size() - UdpFrame.FCS_BYTES);
        this.firstStream = firstStream;
        this.streams = streams;
        int entries = Math.max(plan.burst() * segments, port.maxSegments());
        this.received = new PacketBurst(entries);
        this.empty = new PacketBurst(2 * entries);
    }

    /** Notes the epoch: another one is the end. */
    void begin(long nanos) {
        epoch = port.epochCount(queue);
        notBeforeNanos = nanos;
    }

    /** {@return whether packets that were sent can still come back: another epoch counts as down} */
    boolean isLinkUp() {
        return port.poll(queue) && port.epochCount(queue) == epoch;
    }

    boolean isQuarantined() {
        return port.isQuarantined(queue);
    }

    /** {@return whether the peer has taken all that was sent} */
    boolean isDrained() {
        return port.isDrained(queue);
    }

    PortTraffic port() {
        return of;
    }

    int queue() {
        return queue;
    }

    /** {@return empty buffers that are held} */
    int held() {
        return empty.count();
    }

    /** {@return packets of this queue's streams that were sent on a data channel and have not come back; once all has ended} */
    int inFlight(int channel) {
        int count = 0;
        for (int i = firstStream; i < firstStream + streams; i++) {
            count += of.channel(i) == channel ? of.stream(i).inFlight() : 0;
        }
        return count;
    }

    /**
     * Sends packets of one stream.
     *
     * @param wanted how many, 1 to the plan's burst
     * @param now    the time that they carry
     * @return how many were taken
     */
    int send(int wanted, long now) {
        if (now - notBeforeNanos < 0 || !hold(wanted * segments)) {
            return 0;
        }
        int ready = Math.min(wanted, empty.count() / segments);
        if (ready == 0) {
            return 0;
        }
        UdpFrame frame = of.frame(firstStream + stream);
        StreamState state = of.stream(firstStream + stream);
        stream = stream + 1 == streams ? 0 : stream + 1;
        long sequence = state.next();
        for (int i = 0; i < ready; i++) {
            frame.build(region, empty, i * segments, bufferBytes, sequence + i, now);
        }
        int taken = transmit(ready * segments, now) / segments;
        if (taken > 0) {
            state.sent(taken);
            counts.countSent(taken);
        }
        return taken;
    }

    /** Sees to it that there are buffers; false if what is held may be of another epoch and must not be sent. */
    private boolean hold(int entries) {
        int missing = entries - empty.count();
        return missing <= 0 || port.alloc(queue, empty, missing) == missing || port.epochCount(queue) == epoch;
    }

    /** Sends the first entries and keeps the others; returns how many were taken. */
    private int transmit(int entries, long now) {
        empty.hideAllAfter(entries);
        try {
            if (!plan.waitsForRoom()) {
                int taken = plan.policy().transmit(port, queue, empty);
                counts.countTxDropped((entries - taken - empty.count()) / segments);
                return taken;
            }
            int taken = port.txBurst(queue, empty);
            empty.removeFirst(taken);
            if (taken < entries) {
                notBeforeNanos = now + plan.policy().delayNanos();
            }
            return taken;
        } finally {
            empty.reveal();
        }
    }

    /**
     * Takes what has come back.
     *
     * @return entries, 0 for nothing
     */
    int receive() {
        if (received.count() > 0 && !giveBack(received)) {
            return 0;
        }
        int entries = port.rxBurst(queue, received);
        if (entries == 0) {
            return 0;
        }
        arrivalNanos = System.nanoTime();
        if (plan.oneWay()) {
            counts.countUnexpected(packets(entries));
        } else {
            // The peer wrote to every one of them, and each becomes another frame: waiting for them one by one takes longest.
            received.prefetchToWrite(region, 0);
            check(entries);
        }
        recycle(entries);
        counts.show();
        return entries;
    }

    /** Asks for what the next {@link #receive} reads first. */
    void prefetch() {
        port.prefetch(queue);
    }

    /** {@return when {@link #receive} last found something} */
    long arrivalNanos() {
        return arrivalNanos;
    }

    private void check(int entries) {
        int first = 0;
        for (int i = 0; i < entries; i++) {
            if ((received.meta(i) & MORE) == 0) {
                of.countArrival(of.checker().check(region, received, first, i + 1 - first), arrivalNanos);
                first = i + 1;
            }
        }
    }

    private int packets(int entries) {
        int packets = 0;
        for (int i = 0; i < entries; i++) {
            packets += (received.meta(i) & MORE) == 0 ? 1 : 0;
        }
        return packets;
    }

    /** Where the next frame in a buffer begins: a peer may have moved the packet to where there is no room for it. */
    private long frameStart(long offset) {
        long headroom = offset & (bufferBytes - 1L);
        return headroom <= maxHeadroom ? offset : offset - headroom;
    }

    /** Keeps as many buffers as there is room for, and gives the others back. */
    private void recycle(int entries) {
        int kept = Math.min(entries, empty.capacity() - empty.count());
        for (int i = 0; i < kept; i++) {
            empty.add(frameStart(received.offset(i)), received.meta(i) & ~MORE);
        }
        if (kept < entries) {
            received.removeFirst(kept);
            for (int i = 0; i < received.count(); i++) {
                received.meta(i, received.meta(i) & ~MORE);
            }
            giveBack(received);
        } else {
            received.clear();
        }
    }

    /** A guest's free ring may be full: what it does not take stays, and nothing is received until it is gone. */
    private boolean giveBack(PacketBurst buffers) {
        buffers.removeFirst(port.free(queue, buffers));
        return buffers.count() == 0;
    }

    /**
     * Gives the buffers back that are held; those of an ended epoch are not ours any more.
     *
     * @return whether nothing is held any more
     */
    boolean release() {
        if (port.poll(queue) && port.epochCount(queue) != epoch) {
            empty.clear();
            received.clear();
        }
        for (int i = 0; i < empty.count(); i++) {
            empty.meta(i, empty.meta(i) & ~MORE);
        }
        return giveBack(received) && giveBack(empty);
    }
}
