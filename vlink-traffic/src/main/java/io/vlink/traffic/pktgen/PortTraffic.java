// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

import io.vlink.infra.port.MacAddress;
import io.vlink.infra.port.Port;
import io.vlink.traffic.frame.FrameChecker;
import io.vlink.traffic.frame.FrameFault;
import io.vlink.traffic.frame.UdpFlow;
import io.vlink.traffic.frame.UdpFrame;
import io.vlink.traffic.worker.PortQueue;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * One worker's part of a port: the streams of its queues, what is on its way, and counts. A packet may come back on another
 * queue than it was sent on, as long as that is the same worker's. One thread.
 */
final class PortTraffic {
    /** Where one queue spreads over several channels, streams for each: enough that the flow hash reaches every channel. */
    private static final int STREAMS_PER_CHANNEL = 4;

    private final Port port;
    private final TrafficCounts counts = new TrafficCounts();
    private final Histogram roundTrips;
    private final UdpFrame[] frames;
    private final StreamState[] streams;
    private final int[] channels;
    private final FrameChecker checker;
    private final List<QueueTraffic> queues = new ArrayList<>();
    private long startNanos;

    /**
     * The queues of a worker on a port.
     *
     * @param port       the port
     * @param assigned   queues of the worker; those of other ports are passed over
     * @param plan       what to send
     * @param roundTrips the worker's
     */
    PortTraffic(Port port, List<PortQueue> assigned, TrafficPlan plan, Histogram roundTrips) {
        this.port = port;
        this.roundTrips = roundTrips;
        int perQueue = streamsPerQueue(port);
        frames = new UdpFrame[port.queues() * perQueue];
        streams = new StreamState[frames.length];
        channels = new int[frames.length];
        MacAddress mac = MacAddress.of(port.macBytes());
        for (PortQueue queue : assigned) {
            if (queue.port().equals(port)) {
                int first = queue.queue() * perQueue;
                for (int stream = first; stream < first + perQueue; stream++) {
                    UdpFlow flow = flow(mac, stream);
                    frames[stream] = new UdpFrame(flow, stream, plan.size());
                    channels[stream] = flow.channel(port.dataChannels());
                    streams[stream] = new StreamState();
                }
                queues.add(new QueueTraffic(this, queue.queue(), first, perQueue, plan));
            }
        }
        checker = new FrameChecker(frames);
    }

    /** A peer may spread what it sends back by flow: then a flow must come back to the worker that waits for it. */
    private UdpFlow flow(MacAddress mac, int stream) {
        return port.queues() == port.dataChannels()
                ? UdpFlow.ofQueue(mac, stream, port.queues())
                : UdpFlow.ofStream(mac, stream);
    }

    private static int streamsPerQueue(Port port) {
        boolean spreads = port.queues() < port.dataChannels();
        return spreads ? port.dataChannels() * STREAMS_PER_CHANNEL : 1;
    }

    /** Frames that claim to be sent before were not sent by this run. */
    void begin(long nanos) {
        startNanos = nanos;
    }

    /** Counts a packet that came back, by what a check of it has said. */
    void countArrival(FrameFault fault, long now) {
        if (fault != FrameFault.NONE) {
            counts.countCorrupt(fault);
            return;
        }
        long sentNanos = checker.transmitNanos();
        boolean plausible = now - sentNanos >= 0 && sentNanos - startNanos >= 0;
        StreamState.Arrival arrival = plausible
                ? streams[checker.stream()].returned(checker.sequence())
                : StreamState.Arrival.NEVER_SENT;
        switch (arrival) {
            case IN_ORDER -> countReceived(now - sentNanos);
            case REORDERED -> {
                countReceived(now - sentNanos);
                counts.countReordered();
            }
            case DUPLICATE -> counts.countDuplicated();
            case NEVER_SENT -> counts.countCorrupt(FrameFault.CHECKSUM);
        }
    }

    private void countReceived(long nanos) {
        counts.countReceived();
        roundTrips.recordValue(Math.min(nanos, TrafficLoop.LONGEST_NANOS));
    }

    Port port() {
        return port;
    }

    TrafficCounts counts() {
        return counts;
    }

    UdpFrame frame(int stream) {
        return frames[stream];
    }

    StreamState stream(int stream) {
        return streams[stream];
    }

    /** The data channel that a stream is sent on, from 0. */
    int channel(int stream) {
        return channels[stream];
    }

    FrameChecker checker() {
        return checker;
    }

    /** {@return the worker's queues of this port} */
    List<QueueTraffic> queues() {
        return queues;
    }
}
