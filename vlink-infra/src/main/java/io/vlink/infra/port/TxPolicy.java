// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.port;

import io.vlink.infra.ring.PacketBurst;

/**
 * What becomes of packets that a full queue does not take: they are dropped at once, or tried again some times with a delay
 * and then dropped (DPDK's vhost sample calls them {@code --rx-retry}, {@code --rx-retry-num}, {@code --rx-retry-delay}).
 * Immutable; used by the worker of the queue.
 *
 * @param retries    further attempts, 0 for none
 * @param delayNanos pause before each, spent spinning
 */
public record TxPolicy(int retries, long delayNanos) {
    /** Drops at once. */
    public static final TxPolicy DROP = new TxPolicy(0, 0);

    /**
     * Transmits packets; those that the policy gives up are dropped and counted, and so is what is left when the link goes down.
     *
     * @param port    the port
     * @param queue   its queue
     * @param packets emptied, unless buffers could not even be given back (a guest whose {@code free} ring is full)
     * @return entries transmitted
     */
    public int transmit(Port port, int queue, PacketBurst packets) {
        long epoch = port.epochCount(queue);
        int sent = port.txBurst(queue, packets);
        packets.removeFirst(sent);
        for (int i = 0; packets.count() > 0 && i < retries; i++) {
            pause();
            // Looked at by itself: a burst would follow the link into a new epoch and take these packets with it.
            if (!port.poll(queue) || port.epochCount(queue) != epoch) {
                packets.removeFirst(port.forget(queue, packets));
                return sent;
            }
            int taken = port.txBurst(queue, packets);
            packets.removeFirst(taken);
            sent += taken;
        }
        if (packets.count() > 0) {
            packets.removeFirst(port.drop(queue, packets));
        }
        return sent;
    }

    private void pause() {
        long start = System.nanoTime();
        do {
            Thread.onSpinWait();
        } while (System.nanoTime() - start < delayNanos);
    }
}
