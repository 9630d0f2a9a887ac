// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.echo;

import io.vlink.infra.port.Port;
import io.vlink.infra.port.TxPolicy;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.Descriptor;
import io.vlink.traffic.worker.PortQueue;
import java.lang.foreign.MemorySegment;

/**
 * The echo of one queue. Packets that find the queue full stay here, and nothing new is taken until they are gone: an echo
 * that may retry loses nothing, it makes the peer wait, and meanwhile its worker looks after the other queues. One thread.
 */
final class EchoQueue {
    private static final long MORE = (long) Descriptor.FLAG_MORE << Descriptor.FLAGS_SHIFT;

    private final Port port;
    private final int queue;
    private final MemorySegment region;
    /** What was taken in a turn, empty between turns. All queues of a worker have the same one: it stays in the nearest cache. */
    private final PacketBurst packets;
    /** Packets that found the queue full. */
    private final PacketBurst waiting;
    private final boolean swap;
    /** Whether headers have to be looked for. */
    private final boolean chains;
    private final boolean sink;
    private final int retries;
    private final long delayNanos;
    private int attempts;
    private long lastAttemptNanos;
    private long epoch;
    private volatile long epochsSeen;
    private volatile boolean quarantineSeen;

    /**
     * The echo of a queue that nobody else drives.
     *
     * @param of     the queue
     * @param forward what becomes of a packet
     * @param packets for what a turn takes, empty between turns; has room for the port's longest chain
     * @param policy what becomes of packets that find the queue full
     */
    EchoQueue(PortQueue of, Forward forward, PacketBurst packets, TxPolicy policy) {
        port = of.port();
        queue = of.queue();
        region = port.region();
        this.packets = packets;
        waiting = new PacketBurst(packets.capacity());
        swap = forward == Forward.MACSWAP;
        chains = swap && port.maxSegments() > 1;
        sink = forward == Forward.DROP;
        retries = policy.retries();
        delayNanos = policy.delayNanos();
    }

    /** {@return descriptors that were taken, or got on their way at last; 0 if there was nothing to do} */
    int turn() {
        if (waiting.count() != 0) {
            return again();
        }
        int count = port.rxBurst(queue, packets);
        if (count == 0) {
            return 0;
        }
        epoch = port.epochCount(queue);
        if (chains) {
            swapFirstSegments();
        } else if (swap) {
            swapAll();
        }
        int gone = sink ? port.free(queue, packets) : port.txBurst(queue, packets);
        if (gone != count) {
            keepFrom(gone);
        }
        packets.clear();
        return count;
    }

    /** Asks for what the next {@link #turn} reads first. */
    void prefetch() {
        port.prefetch(queue);
    }

    /** Where no packet is a chain, each has a whole header. */
    private void swapAll() {
        MemorySegment memory = region;
        PacketBurst all = packets;
        int count = all.count();
        if (count == 1) {
            MacSwap.swapAlone(memory, all.offset(0));
            return;
        }
        for (int i = 0; i < count; i++) {
            MacSwap.swap(memory, all.offset(i));
        }
    }

    /** Only the first segment of a chain has a header. A segment may be shorter than the addresses are: it is left alone. */
    private void swapFirstSegments() {
        int count = packets.count();
        long before = 0;
        for (int i = 0; i < count; i++) {
            long meta = packets.meta(i);
            if ((before & MORE) == 0 && Descriptor.length(meta) >= MacSwap.BYTES) {
                MacSwap.swap(region, packets.offset(i));
            }
            before = meta;
        }
    }

    private void keepFrom(int gone) {
        packets.removeFirst(gone);
        waiting.addAll(packets);
        attempts = 0;
        if (delayNanos > 0) {
            lastAttemptNanos = System.nanoTime();
        }
        if (retries == 0 && !sink) {
            drop();
        }
    }

    /** One more attempt, if the policy has one left and it is time for it. */
    private int again() {
        if (!port.poll(queue) || port.epochCount(queue) != epoch) {
            forget();
            return 0;
        }
        if (sink) {
            return left(port.free(queue, waiting));
        }
        if (attempts >= retries && retries != Integer.MAX_VALUE) {
            return drop();
        }
        if (delayNanos > 0) {
            long now = System.nanoTime();
            if (now - lastAttemptNanos < delayNanos) {
                return 0;
            }
            lastAttemptNanos = now;
        }
        attempts++;
        return left(port.txBurst(queue, waiting));
    }

    private int left(int gone) {
        waiting.removeFirst(gone);
        return gone;
    }

    private int drop() {
        return left(port.drop(queue, waiting));
    }

    /** The epoch of these packets is over: they reach nobody any more. */
    private void forget() {
        left(port.forget(queue, waiting));
    }

    /** Lets other threads see what has become of the link. */
    void look() {
        long epochs = port.epochCount(queue);
        if (epochs != epochsSeen) {
            epochsSeen = epochs;
        }
        boolean quarantined = port.isQuarantined(queue);
        if (quarantined != quarantineSeen) {
            quarantineSeen = quarantined;
        }
    }

    /** {@return whether the peer has taken all that was sent back, or will not take it any more; takes nothing new} */
    boolean isDrained() {
        if (waiting.count() != 0) {
            again();
        }
        return waiting.count() == 0 && (port.isQuarantined(queue) || port.isDrained(queue));
    }

    /** Gives up what is still here: the echo ends. */
    void giveUp() {
        if (waiting.count() != 0) {
            drop();
            forget();
        }
    }

    /** {@return the port} */
    Port port() {
        return port;
    }

    /** {@return 0 to the port's queues - 1} */
    int queue() {
        return queue;
    }

    /** {@return epochs at the last {@link #look}; any thread} */
    long epochsSeen() {
        return epochsSeen;
    }

    /** {@return whether it was out of use at the last {@link #look}; any thread} */
    boolean isQuarantineSeen() {
        return quarantineSeen;
    }
}
