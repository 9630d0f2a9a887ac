// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.Descriptor;
import java.util.concurrent.TimeUnit;

/** A queue of a port with its share of the window, and the packets that it could not send at once. One thread. */
final class BounceQueue {
    private static final long PRIME_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final BenchPort port;
    private final int queue;
    /** What was taken, empty between calls; all queues have the same one. */
    private final PacketBurst burst;
    /** Packets that could not be sent at once. */
    private final PacketBurst waiting;
    private final int frameBytes;
    /** Buffers of a frame: entries of a burst, and descriptors of a ring. */
    private final int segments;
    private long outstanding;
    private long received;

    /** The burst is empty, and stays the caller's. */
    BounceQueue(BenchPort port, int queue, PacketBurst burst, int frameBytes) {
        this.port = port;
        this.queue = queue;
        this.frameBytes = frameBytes;
        segments = port.segments(frameBytes);
        this.burst = burst;
        waiting = new PacketBurst(burst.capacity());
    }

    /** Sends the first frames. */
    void prime(int window) {
        PacketBurst first = new PacketBurst(window * segments);
        int got = port.alloc(queue, first, first.capacity());
        if (got < first.capacity()) {
            port.free(queue, first);
            throw new IllegalStateException("window must fit the link's buffers: window=" + window + " segments="
                    + segments + " buffers=" + got);
        }
        for (int i = 0; i < got; i += segments) {
            write(first, i);
        }
        long begin = System.nanoTime();
        while (first.count() > 0) {
            outstanding += port.transmit(queue, first);
            if (System.nanoTime() - begin > PRIME_NANOS) {
                port.free(queue, first);
                throw new IllegalStateException(
                        "window must fit the link's queue: window=" + window + " sent=" + outstanding / segments);
            }
        }
    }

    private void write(PacketBurst buffers, int first) {
        int left = frameBytes;
        for (int i = first; left > 0; i++) {
            int bytes = Math.min(left, port.bufferBytes());
            port.region().asSlice(buffers.offset(i), bytes).fill((byte) 0);
            left -= bytes;
            buffers.meta(i, Descriptor.meta(bytes, left > 0 ? Descriptor.FLAG_MORE : 0,
                    Descriptor.generation(buffers.meta(i))));
        }
        TestFrame.head(port.region(), buffers.offset(first));
    }

    /** Sends back what has come; returns whether there was anything. */
    boolean bounce() {
        if (waiting.count() > 0) {
            outstanding += port.transmit(queue, waiting);
            return true;
        }
        if (take() == 0) {
            return false;
        }
        outstanding += port.transmit(queue, burst);
        waiting.addAll(burst);
        burst.clear();
        return true;
    }

    /** Asks for what the next {@link #bounce} reads first. */
    void prefetch() {
        port.prefetch(queue);
    }

    private int take() {
        int count = port.receive(queue, burst);
        received += count;
        outstanding -= count;
        return count;
    }

    /** Waits for the one packet, writes to it and sends it back; false if the guest keeps it for too long. */
    boolean bounceOne() {
        int spins = 0;
        while (take() == 0) {
            if (++spins == Integer.MAX_VALUE) {
                return false;
            }
        }
        long offset = burst.offset(0);
        TestFrame.number(port.region(), offset, TestFrame.number(port.region(), offset) + 1);
        while (burst.count() > 0) {
            outstanding += port.transmit(queue, burst);
        }
        return true;
    }

    /** Takes what comes out of circulation. */
    void drain() {
        port.free(queue, waiting);
        if (waiting.count() == 0) {
            take();
            waiting.addAll(burst);
            burst.clear();
        }
    }

    /** {@return frames that are on their way} */
    long outstanding() {
        return outstanding / segments;
    }

    /** {@return frames that have come back} */
    long received() {
        return received / segments;
    }
}
