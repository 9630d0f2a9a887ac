// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.hostpmd.TestGuest.Lent;
import io.vlink.spec.channel.SubChannel;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/**
 * A guest on a thread of its own that sends frames in buffers from {@code alloc}, takes them back from {@code rx}, looks whether
 * their MAC addresses were swapped, and gives the buffers back on {@code free}.
 */
public final class SendingGuest implements AutoCloseable {
    private static final int FRAME_BYTES = 60;
    private static final byte MARK = 0x5a;

    private final TestLink link;
    private final TestGuest guest;
    private final int wanted;
    private final CountDownLatch end = new CountDownLatch(1);
    private final List<List<Lent>> unsent = new ArrayList<>();
    private final List<List<Lent>> unfreed = new ArrayList<>();
    private final Thread thread;
    private volatile boolean closed;
    private volatile int sent;
    private volatile int returned;
    private volatile int wrong;

    /** Sends so many frames, over all channels. */
    public SendingGuest(TestLink link, int wanted) {
        this.link = link;
        this.guest = new TestGuest(link);
        this.wanted = wanted;
        for (int channel = 0; channel < link.channels; channel++) {
            unsent.add(new ArrayList<>());
            unfreed.add(new ArrayList<>());
        }
        this.thread = Thread.ofPlatform().name("guest").start(this::run);
    }

    private void run() {
        while (!closed) {
            if (guest.acknowledge()) {
                unsent.forEach(List::clear);
                unfreed.forEach(List::clear);
            }
            int moved = 0;
            for (int channel = 0; channel < link.channels; channel++) {
                moved += send(channel) + receive(channel);
            }
            if (returned >= wanted) {
                end.countDown();
            }
            if (moved == 0) {
                LockSupport.parkNanos(20_000);
            }
        }
        end.countDown();
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes it
    private int send(int channel) {
        List<Lent> waiting = unsent.get(channel);
        waiting.addAll(guest.take(channel, SubChannel.ALLOC));
        int count = Math.min(Math.min(waiting.size(), wanted - sent), guest.room(channel, SubChannel.TX));
        List<Lent> now = new ArrayList<>();
        for (Lent buffer : waiting.subList(0, count)) {
            for (int i = 0; i < FRAME_BYTES; i++) {
                link.memory().region().set(ValueLayout.JAVA_BYTE, link.offset(buffer.address()) + i,
                        i < 6 ? MARK : (byte) i);
            }
            now.add(buffer.withLength(FRAME_BYTES));
        }
        guest.put(channel, SubChannel.TX, now);
        waiting.subList(0, count).clear();
        sent += count;
        return count;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes it
    private int receive(int channel) {
        List<Lent> packets = guest.take(channel, SubChannel.RX);
        for (Lent packet : packets) {
            long offset = link.offset(packet.address());
            boolean swapped = link.memory().region().get(ValueLayout.JAVA_BYTE, offset + 6) == MARK
                    && link.memory().region().get(ValueLayout.JAVA_BYTE, offset) == 6;
            wrong += swapped && packet.length() == FRAME_BYTES ? 0 : 1;
        }
        returned += packets.size();
        List<Lent> back = unfreed.get(channel);
        back.addAll(packets);
        int count = Math.min(back.size(), guest.room(channel, SubChannel.FREE));
        guest.put(channel, SubChannel.FREE, back.subList(0, count));
        back.subList(0, count).clear();
        return packets.size();
    }

    /** Frames sent so far. */
    public int sent() {
        return sent;
    }

    /** Frames that came back so far. */
    public int returned() {
        return returned;
    }

    /** Those of them whose addresses were not swapped, or whose length changed. */
    public int wrong() {
        return wrong;
    }

    /** Waits until all have come back. */
    public void awaitEnd() {
        try {
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
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
