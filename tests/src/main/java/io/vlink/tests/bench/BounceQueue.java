// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.infra.ring.PacketBurst;
import java.util.concurrent.TimeUnit;

/** A queue of a port with its share of the window, and the packets that it could not send at once. One thread. */
final class BounceQueue {
    private static final long PRIME_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final BenchPort port;
    private final int queue;
    private final PacketBurst burst;
    private long outstanding;
    private long received;

    BounceQueue(BenchPort port, int queue, int burst) {
        this.port = port;
        this.queue = queue;
        this.burst = new PacketBurst(burst);
    }

    /** Sends the first frames. */
    void prime(int window, int frameBytes) {
        PacketBurst first = new PacketBurst(window);
        int got = port.alloc(queue, first, window);
        if (got < window) {
            port.free(queue, first);
            throw new IllegalStateException("window must fit the link's buffers: window=" + window + " buffers=" + got);
        }
        for (int i = 0; i < got; i++) {
            TestFrame.write(port.region(), first.offset[i], frameBytes);
            first.length(i, frameBytes);
        }
        long begin = System.nanoTime();
        while (first.count > 0) {
            outstanding += port.transmit(queue, first);
            if (System.nanoTime() - begin > PRIME_NANOS) {
                port.free(queue, first);
                throw new IllegalStateException(
                        "window must fit the link's queue: window=" + window + " sent=" + outstanding);
            }
        }
    }

    /** Sends back what has come. */
    void bounce() {
        take();
        if (burst.count > 0) {
            outstanding += port.transmit(queue, burst);
        }
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
        long offset = burst.offset[0];
        TestFrame.number(port.region(), offset, TestFrame.number(port.region(), offset) + 1);
        while (burst.count > 0) {
            outstanding += port.transmit(queue, burst);
        }
        return true;
    }

    /** Takes what comes out of circulation. */
    void drain() {
        take();
        if (burst.count > 0) {
            port.free(queue, burst);
        }
    }

    long outstanding() {
        return outstanding;
    }

    long received() {
        return received;
    }
}
