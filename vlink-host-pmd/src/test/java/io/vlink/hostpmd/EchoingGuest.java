// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.hostpmd.TestGuest.Lent;
import io.vlink.spec.channel.SubChannel;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;

/** A guest on a thread of its own: agrees to every epoch and answers every batch of packets, by echo unless told otherwise. */
public final class EchoingGuest implements AutoCloseable {
    private final TestLink link;
    private final TestGuest guest;
    private final BiConsumer<TestGuest, List<Lent>> firstBatch;
    private final Thread thread;
    private volatile boolean closed;
    private volatile boolean silent;
    private volatile boolean freeing;
    private final AtomicInteger taken = new AtomicInteger();

    /** Echoes everything. */
    public EchoingGuest(TestLink link) {
        this(link, null);
    }

    /**
     * Hands the first batch of packets, whose MACs have been swapped, to a test; the test puts on the rings of channel 0 what
     * comes to its mind.
     */
    public EchoingGuest(TestLink link, BiConsumer<TestGuest, List<Lent>> firstBatch) {
        this.link = link;
        this.guest = new TestGuest(link);
        this.firstBatch = firstBatch;
        this.thread = Thread.ofPlatform().name("guest").start(this::run);
    }

    /** Makes the guest take packets and never return them. */
    public void keepPackets() {
        silent = true;
    }

    /** Makes the guest take packets and give their buffers back empty. */
    public void freePackets() {
        freeing = true;
    }

    /** Packets that the guest has taken. */
    public int taken() {
        return taken.get();
    }

    private void run() {
        boolean first = firstBatch != null;
        while (!closed) {
            guest.acknowledge();
            int packets = 0;
            for (int channel = 0; channel < link.channels; channel++) {
                List<Lent> batch = guest.take(channel, SubChannel.RX);
                packets += batch.size();
                taken.addAndGet(batch.size());
                if (batch.isEmpty() || silent) {
                    continue;
                }
                batch.forEach(guest::swapMacs);
                if (first) {
                    firstBatch.accept(guest, batch);
                    first = false;
                } else {
                    giveBack(channel, freeing ? SubChannel.FREE : SubChannel.TX, batch);
                }
            }
            if (packets == 0) {
                LockSupport.parkNanos(20_000);
            }
        }
    }

    /** In parts, as there is room: a ring of packets may come in while the last one has not been taken. */
    private void giveBack(int channel, SubChannel ring, List<Lent> batch) {
        for (int done = 0; done < batch.size() && !closed;) {
            int count = Math.min(guest.room(channel, ring), batch.size() - done);
            guest.put(channel, ring, batch.subList(done, done + count));
            done += count;
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
