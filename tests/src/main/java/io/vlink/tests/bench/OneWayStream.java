// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.infra.ring.PacketBurst;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Numbered frames in one direction, as fast as they go: the end that sends them, and the end that checks them. One thread. */
final class OneWayStream {
    /** Name of the result that tells how many packets were sent or taken from the beginning to the end. */
    static final String TOTAL = "total";
    /** Name of the result that tells what this end's thread has allocated. */
    static final String BYTES = "bytesAllocated";

    /** Rounds between two looks at the orders, as a mask. */
    private static final int ORDERS_MASK = 255;
    private static final long SILENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long FIRST_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final BenchPort port;
    private final PacketBurst burst;
    private final PacketBurst nothing = new PacketBurst(64);
    private final int frameBytes;
    private final Orders orders;
    private long number;
    private long outOfOrder;

    OneWayStream(BenchPort port, int burst, int frameBytes, Orders orders) {
        if (port.segments(frameBytes) > 1) {
            throw new IllegalArgumentException("size must fit a buffer: size=" + frameBytes);
        }
        this.port = port;
        this.burst = new PacketBurst(burst);
        this.frameBytes = frameBytes;
        this.orders = orders;
    }

    /** Sends until told to end, waits until the other end has taken everything, and tells how many there were. */
    Map<String, Object> send() {
        BooleanSupplier end = orders::isEnd; // made before it is counted what this thread allocates
        sendUntil(orders::isMeasure);
        Allocation.ofThisThread(); // the first call allocates
        long allocated = Allocation.ofThisThread();
        sendUntil(end);
        allocated = Allocation.ofThisThread() - allocated;
        number -= burst.count();
        port.free(0, burst);
        long drainBegin = System.nanoTime();
        while (!port.isDrained(0) && System.nanoTime() - drainBegin < DRAIN_NANOS) {
            Thread.onSpinWait();
        }
        Map<String, Object> result = new LinkedHashMap<>();
        result.put(TOTAL, number);
        result.put("drops", port.drops());
        result.put(BYTES, allocated);
        return result;
    }

    private void sendUntil(BooleanSupplier told) {
        int rounds = 0;
        while ((++rounds & ORDERS_MASK) != 0 || !told.getAsBoolean()) {
            sendBurst();
        }
    }

    private void sendBurst() {
        // Nothing comes; but the host's driver takes back what the guest has freed as it looks for packets. Without it
        // would do so only once it is short of buffers or rx is full, and the guest would wait for room on free meanwhile.
        port.receive(0, nothing);
        int waiting = burst.count();
        port.alloc(0, burst, burst.capacity() - waiting);
        for (int i = waiting; i < burst.count(); i++) {
            burst.length(i, frameBytes);
            TestFrame.head(port.region(), burst.offset(i));
            TestFrame.number(port.region(), burst.offset(i), number++);
        }
        port.transmit(0, burst);
    }

    /** Takes frames until none has come for a while; those between the order to measure and that to end are counted. */
    Map<String, Object> receive(Runnable onFirstPacket, Runnable onMeasure) {
        long begin = System.nanoTime();
        while (takeBurst() == 0) {
            if (System.nanoTime() - begin > FIRST_NANOS) {
                throw new IllegalStateException("no packet has come");
            }
        }
        onFirstPacket.run();
        BooleanSupplier end = orders::isEnd; // made before it is counted what this thread allocates
        takeUntil(orders::isMeasure);
        Allocation.ofThisThread(); // the first call allocates
        onMeasure.run();
        long before = number;
        long allocated = Allocation.ofThisThread();
        long measureBegin = System.nanoTime();
        takeUntil(end);
        long nanos = System.nanoTime() - measureBegin;
        allocated = Allocation.ofThisThread() - allocated;
        long counted = number - before;
        takeUntilSilent();
        Map<String, Object> result = new LinkedHashMap<>();
        result.put(TOTAL, number);
        result.put(SideProgram.MEASURED_PACKETS, counted);
        result.put(SideProgram.MEASURED_NANOS, nanos);
        result.put("outOfOrder", outOfOrder);
        result.put("drops", port.drops());
        result.put(BYTES, allocated);
        return result;
    }

    private void takeUntil(BooleanSupplier told) {
        int rounds = 0;
        while ((++rounds & ORDERS_MASK) != 0 || !told.getAsBoolean()) {
            takeBurst();
        }
    }

    private void takeUntilSilent() {
        long last = System.nanoTime();
        while (System.nanoTime() - last < SILENCE_NANOS) {
            if (takeBurst() > 0) {
                last = System.nanoTime();
            }
        }
    }

    private int takeBurst() {
        int count = port.receive(0, burst);
        for (int i = burst.count() - count; i < burst.count(); i++) {
            outOfOrder += TestFrame.number(port.region(), burst.offset(i)) == number ? 0 : 1;
            number++;
        }
        if (burst.count() > 0) {
            port.free(0, burst);
        }
        return count;
    }
}
