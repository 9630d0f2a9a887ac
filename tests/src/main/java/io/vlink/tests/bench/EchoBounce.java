// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The host's side of a closed loop, as testpmd's {@code start tx_first} in mode {@code io}: a window of frames is sent once, and
 * whatever comes back is sent again, untouched. One thread, which spins.
 */
final class EchoBounce {
    /** Round trips that are timed together, so that reading the clock costs next to nothing of them. */
    static final int TRIPS_PER_SAMPLE = 32;

    /** Rounds between two looks at the orders, as a mask. */
    private static final int ORDERS_MASK = 255;
    private static final int MAX_SAMPLES = 1 << 20;
    private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final BounceQueue[] queues;
    private final Plan plan;
    private final Orders orders;
    private final long[] samples;
    private int sampleCount;
    private boolean busy;

    /** What is to be done: the window is that of all queues together, the size is in bytes. */
    record Plan(int window, int burst, int frameBytes) {
        Plan {
            require(window >= 1, "window must be positive: window=", window);
            require(burst >= 1, "burst must be positive: burst=", burst);
            require(frameBytes >= TestFrame.MIN_BYTES, "size must be " + TestFrame.MIN_BYTES + " or more: size=",
                    frameBytes);
        }

        private static void require(boolean good, String rule, int value) {
            if (!good) {
                throw new IllegalArgumentException(rule + value);
            }
        }

        /** {@return whether single packets are timed instead of a stream being counted} */
        boolean isOneInFlight() {
            return window == 1;
        }
    }

    EchoBounce(List<BounceQueue> queues, Plan plan, Orders orders) {
        if (plan.window() % queues.size() != 0) {
            throw new IllegalArgumentException(
                    "window must be a multiple of the queues: window=" + plan.window() + " queues=" + queues.size());
        }
        this.queues = queues.toArray(BounceQueue[]::new);
        this.plan = plan;
        this.orders = orders;
        samples = new long[plan.isOneInFlight() ? MAX_SAMPLES : 1];
    }

    /** Primes the window, waits for the first packet, goes on until told to measure and then to end, and takes all out. */
    Map<String, Object> run(Runnable onFirstPacket, Runnable onMeasure) {
        for (BounceQueue queue : queues) {
            queue.prime(plan.window() / queues.length);
        }
        awaitFirstPacket();
        onFirstPacket.run();
        BooleanSupplier end = orders::isEnd; // made before it is counted what this thread allocates
        bounceUntil(orders::isMeasure);
        Allocation.ofThisThread(); // the first call allocates
        onMeasure.run();
        long packetsBefore = received();
        sampleCount = 0;
        long allocatedBefore = Allocation.ofThisThread();
        long begin = System.nanoTime();
        bounceUntil(end);
        long nanos = System.nanoTime() - begin;
        long allocated = Allocation.ofThisThread() - allocatedBefore;
        long packets = received() - packetsBefore;
        drain();
        return result(packets, nanos, allocated);
    }

    private void awaitFirstPacket() {
        long begin = System.nanoTime();
        while (received() == 0) {
            for (BounceQueue queue : queues) {
                queue.bounce();
            }
            if (System.nanoTime() - begin > DRAIN_NANOS) {
                throw new IllegalStateException("the guest sends nothing back");
            }
        }
    }

    private long received() {
        long received = 0;
        for (BounceQueue queue : queues) {
            received += queue.received();
        }
        return received;
    }

    private long outstanding() {
        long outstanding = 0;
        for (BounceQueue queue : queues) {
            outstanding += queue.outstanding();
        }
        return outstanding;
    }

    private void bounceUntil(BooleanSupplier told) {
        if (plan.isOneInFlight()) {
            timeTrips(told);
            return;
        }
        int rounds = 0;
        while ((++rounds & ORDERS_MASK) != 0 || !told.getAsBoolean()) {
            bounceAll();
        }
    }

    private void bounceAll() {
        for (int i = 0; i < queues.length; i++) {
            // As the product's own programs do it.
            if (busy && queues.length > 1) {
                queues[i + 1 == queues.length ? 0 : i + 1].prefetch();
            }
            busy = queues[i].bounce();
        }
    }

    /** One packet, which the host writes to and reads from like a program that has something to say. */
    private void timeTrips(BooleanSupplier told) {
        BounceQueue queue = queues[0];
        long last = System.nanoTime();
        while (!told.getAsBoolean()) {
            for (int trip = 0; trip < TRIPS_PER_SAMPLE; trip++) {
                if (!queue.bounceOne()) {
                    throw new IllegalStateException("the guest does not send the packet back");
                }
            }
            long now = System.nanoTime();
            if (sampleCount < MAX_SAMPLES) {
                samples[sampleCount++] = now - last;
            }
            last = now;
        }
    }

    private void drain() {
        long begin = System.nanoTime();
        do {
            for (BounceQueue queue : queues) {
                queue.drain();
            }
        } while (outstanding() > 0 && System.nanoTime() - begin < DRAIN_NANOS);
    }

    private Map<String, Object> result(long packets, long nanos, long allocated) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put(SideProgram.MEASURED_PACKETS, packets);
        result.put(SideProgram.MEASURED_NANOS, nanos);
        result.put(VlinkPair.HOST_BYTES, allocated);
        result.put("lost", outstanding());
        if (plan.isOneInFlight()) {
            long[] sorted = Arrays.copyOf(samples, sampleCount);
            Arrays.sort(sorted);
            result.put("rttNanosP50", percentile(sorted, 0.50));
            result.put("rttNanosP99", percentile(sorted, 0.99));
        }
        return result;
    }

    private static double percentile(long[] sorted, double fraction) {
        return (double) sorted[(int) (sorted.length * fraction)] / TRIPS_PER_SAMPLE;
    }
}
