// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

import io.vlink.infra.port.Port;
import io.vlink.infra.port.PortException;
import io.vlink.infra.port.PortStatistics;
import io.vlink.infra.port.QueueClaim;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.Descriptor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A port in ordinary memory whose other end is itself: what is sent on a queue comes back there, or on the queue that the test
 * names, with its MAC addresses swapped.
 * It knows of each buffer who has it, and refuses what a real port refuses. Allocates nothing while packets flow.
 */
final class LoopbackPort implements Port {
    private static final int BUFFER_BYTES = 2_048;

    private final Arena arena = Arena.ofShared();
    private final String link;
    private final int mtu;
    private final int queueSize;
    private final MemorySegment region;
    private final Lane[] lanes;
    private final int[] prefetches;
    private final int[] returnQueues;
    private int freeRoom = Integer.MAX_VALUE;

    /** One queue: its buffers, and what is on its way. */
    private static final class Lane {
        private final PacketBurst pool;
        private final PacketBurst way;
        private final boolean[] held;
        private boolean claimed;
        private long sent;
        private long dropped;
        private long full;
        private boolean sink;

        Lane(int firstBuffer, int buffers, int queueSize, int allBuffers) {
            pool = new PacketBurst(buffers);
            way = new PacketBurst(queueSize);
            held = new boolean[allBuffers];
            for (int i = 0; i < buffers; i++) {
                pool.add((long) (firstBuffer + i) * BUFFER_BYTES, Descriptor.meta(BUFFER_BYTES, 0, 77));
            }
        }
    }

    LoopbackPort(String link, int mtu, int queues, int queueSize) {
        this.link = link;
        this.mtu = mtu;
        this.queueSize = queueSize;
        int buffers = 2 * queueSize;
        lanes = new Lane[queues];
        for (int i = 0; i < queues; i++) {
            lanes[i] = new Lane(i * buffers, buffers, queueSize, queues * buffers);
        }
        prefetches = new int[queues];
        returnQueues = IntStream.range(0, queues).toArray();
        region = arena.allocate((long) queues * buffers * BUFFER_BYTES, 64);
    }

    /** Makes the other end of a queue take everything and return nothing but empty buffers. */
    void sink(int queue) {
        lanes[queue].sink = true;
    }

    /** Makes all packets come back on one queue, whichever they were sent on. */
    void returnAllOn(int queue) {
        Arrays.fill(returnQueues, queue);
    }

    /** Makes one call of {@link #free} take no more than some buffers. */
    void limitFree(int room) {
        freeRoom = room;
    }

    /** Whether every buffer is back in the pool of its queue. */
    boolean hasAllBuffers() {
        for (Lane lane : lanes) {
            if (lane.pool.count() != lane.pool.capacity()) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void prefetch(int queue) {
        prefetches[queue]++;
    }

    /** How often somebody has asked for the lines of a queue. */
    int prefetches(int queue) {
        return prefetches[queue];
    }

    @Override
    public int rxBurst(int queue, PacketBurst into) {
        Lane lane = lanes[queue];
        if (into.capacity() < maxSegments()) {
            throw new IllegalArgumentException("capacity=" + into.capacity());
        }
        int count = 0;
        int whole = 0;
        while (count < lane.way.count() && count < into.capacity() - into.count()) {
            count++;
            whole = isMore(lane.way.meta(count - 1)) ? whole : count;
        }
        for (int i = 0; i < whole; i++) {
            if (i == 0 || !isMore(lane.way.meta(i - 1))) {
                swapMacs(lane.way.offset(i));
            }
            hold(lane, lane.way.offset(i));
            into.add(lane.way.offset(i), lane.way.meta(i));
        }
        lane.way.removeFirst(whole);
        return whole;
    }

    private static boolean isMore(long meta) {
        return (Descriptor.flags(meta) & Descriptor.FLAG_MORE) != 0;
    }

    private void swapMacs(long offset) {
        for (int i = 0; i < 6; i++) {
            byte low = region.get(ValueLayout.JAVA_BYTE, offset + i);
            region.set(ValueLayout.JAVA_BYTE, offset + i, region.get(ValueLayout.JAVA_BYTE, offset + 6 + i));
            region.set(ValueLayout.JAVA_BYTE, offset + 6 + i, low);
        }
    }

    private static void hold(Lane lane, long offset) {
        lane.held[(int) (offset / BUFFER_BYTES)] = true;
    }

    private static void release(Lane lane, long offset, long meta) {
        int buffer = (int) (offset / BUFFER_BYTES);
        if (!lane.held[buffer] || Descriptor.generation(meta) != 77) {
            throw new IllegalArgumentException("not the program's: offset=" + offset);
        }
        lane.held[buffer] = false;
    }

    @Override
    public int txBurst(int queue, PacketBurst packets) {
        Lane lane = lanes[queue];
        PacketBurst way = lanes[returnQueues[queue]].way;
        int taken = 0;
        int first = 0;
        for (int i = 0; i < packets.count() && i < way.capacity() - way.count(); i++) {
            taken = isMore(packets.meta(i)) ? taken : i + 1;
        }
        long bytes = 0;
        for (int i = 0; i < taken; i++) {
            release(lane, packets.offset(i), packets.meta(i));
            bytes += packets.length(i);
            if (!isMore(packets.meta(i))) {
                if (bytes > maxFrameBytes() || i - first >= maxSegments()) {
                    throw new IllegalArgumentException("bytes=" + bytes);
                }
                lane.sent++;
                bytes = 0;
                first = i + 1;
            }
            (lane.sink ? lane.pool : way).add(packets.offset(i), packets.meta(i));
        }
        lane.full += packets.count() - taken;
        return taken;
    }

    @Override
    public int alloc(int queue, PacketBurst into, int count) {
        Lane lane = lanes[queue];
        int allocated = 0;
        while (allocated < count && lane.pool.count() > 0 && into.count() < into.capacity()) {
            long offset = lane.pool.offset(lane.pool.count() - 1);
            lane.pool.truncate(lane.pool.count() - 1);
            hold(lane, offset);
            into.add(offset, Descriptor.meta(BUFFER_BYTES, 0, 77));
            allocated++;
        }
        return allocated;
    }

    @Override
    public int free(int queue, PacketBurst packets) {
        int count = Math.min(packets.count(), freeRoom);
        for (int i = 0; i < count; i++) {
            release(lanes[queue], packets.offset(i), packets.meta(i));
            int home = (int) (packets.offset(i) / BUFFER_BYTES) / (2 * queueSize);
            lanes[home].pool.add(packets.offset(i) & -BUFFER_BYTES, packets.meta(i));
        }
        return count;
    }

    @Override
    public int drop(int queue, PacketBurst packets) {
        for (int i = 0; i < packets.count(); i++) {
            lanes[queue].dropped += isMore(packets.meta(i)) ? 0 : 1;
        }
        return free(queue, packets);
    }

    @Override
    public int forget(int queue, PacketBurst packets) {
        return drop(queue, packets);
    }

    @Override
    public QueueClaim claim(int queue, String worker) {
        if (lanes[queue].claimed) {
            throw new PortException("queue has a worker already: queue=" + queue);
        }
        lanes[queue].claimed = true;
        return () -> lanes[queue].claimed = false;
    }

    @Override
    public PortStatistics statistics() {
        long sent = 0;
        long dropped = 0;
        long full = 0;
        for (Lane lane : lanes) {
            sent += lane.sent;
            dropped += lane.dropped;
            full += lane.full;
        }
        return new PortStatistics(sent, 0, sent, 0, 0, 0, full, Map.of("tx_dropped", dropped));
    }

    @Override
    public String link() {
        return link;
    }

    @Override
    public byte[] macBytes() {
        return new byte[]{0x52, 0x54, 0, 1, 2, 3};
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public int maxFrameBytes() {
        return mtu + 14;
    }

    @Override
    public int maxSegments() {
        return Math.ceilDiv(maxFrameBytes(), BUFFER_BYTES);
    }

    @Override
    public int bufferBytes() {
        return BUFFER_BYTES;
    }

    @Override
    public int queues() {
        return lanes.length;
    }

    @Override
    public int dataChannels() {
        return lanes.length;
    }

    @Override
    public int queueSize() {
        return queueSize;
    }

    @Override
    public MemorySegment region() {
        return region;
    }

    @Override
    public boolean poll(int queue) {
        return true;
    }

    @Override
    public long epochCount(int queue) {
        return 1;
    }

    @Override
    public boolean isQuarantined(int queue) {
        return false;
    }

    @Override
    public boolean isDrained(int queue) {
        return true;
    }

    @Override
    public boolean isUp() {
        return true;
    }

    @Override
    public boolean isGone() {
        return false;
    }

    @Override
    public void start() {
        // It is always up.
    }

    @Override
    public void stop() {
        // It is always up.
    }

    @Override
    public void close() {
        arena.close();
    }
}
