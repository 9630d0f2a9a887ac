// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.echo;

import io.vlink.infra.ring.PacketBurst;
import io.vlink.traffic.worker.IdleStrategy;
import io.vlink.traffic.worker.Idler;
import io.vlink.traffic.worker.PortQueue;
import io.vlink.traffic.worker.WorkerTask;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One worker's queues, turn by turn. While packets flow it allocates nothing, locks nothing and never enters the kernel. One
 * thread, except for {@link #leaveAtOnce}.
 */
public final class EchoLoop implements WorkerTask {
    /** Turns between two looks at a queue's state, as a mask. */
    private static final int LOOK_MASK = 63;
    private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final EchoQueue[] queues;
    private final AtomicLong left;
    /** Whether the last queue had packets. */
    private boolean busy;
    private int turns;
    private int looked;
    private volatile boolean leaving;

    /**
     * The queues of one worker.
     *
     * @param queues the queues
     * @param plan   what to do
     * @param left   packets to go, shared by all workers; null for no limit
     */
    public EchoLoop(List<PortQueue> queues, EchoPlan plan, AtomicLong left) {
        int longestChain = queues.stream().mapToInt(queue -> queue.port().maxSegments()).max().orElse(1);
        PacketBurst packets = new PacketBurst(Math.max(plan.burst(), longestChain));
        this.queues = new EchoQueue[queues.size()];
        for (int i = 0; i < this.queues.length; i++) {
            this.queues[i] = new EchoQueue(queues.get(i), plan.forward(), packets, plan.policy());
        }
        this.left = left;
    }

    @Override
    public int turn() {
        int work = 0;
        for (int i = 0; i < queues.length; i++) {
            // Where one queue has packets the next one is likely to.
            if (busy && queues.length > 1) {
                queues[i + 1 == queues.length ? 0 : i + 1].prefetch();
            }
            int moved = queues[i].turn();
            busy = moved != 0;
            work += moved;
        }
        if ((++turns & LOOK_MASK) == 0) {
            lookAtNext();
        }
        return left == null || work == 0 ? work : count(work);
    }

    private int count(int work) {
        return left.addAndGet(-work) > 0 ? work : DONE;
    }

    private void lookAtNext() {
        queues[looked].look();
        looked = looked + 1 == queues.length ? 0 : looked + 1;
    }

    /** Waits a moment until the peers have taken what was sent back; takes nothing new. */
    @Override
    public void finish() {
        Idler idler = new Idler(IdleStrategy.AUTO);
        long begin = System.nanoTime();
        while (!leaving && !isDrained() && System.nanoTime() - begin < DRAIN_NANOS) {
            idler.idle(0);
        }
        for (EchoQueue queue : queues) {
            queue.look();
            queue.giveUp();
        }
    }

    private boolean isDrained() {
        boolean drained = true;
        for (EchoQueue queue : queues) {
            drained &= queue.isDrained();
        }
        return drained;
    }

    /** There is nobody to wait for at the end; any thread. */
    void leaveAtOnce() {
        leaving = true;
    }

    /** {@return the queues} */
    EchoQueue[] queues() {
        return queues;
    }
}
