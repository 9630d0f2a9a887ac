// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import com.sun.management.ThreadMXBean;
import io.vlink.infra.ring.PacketBurst;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The host's side of a closed loop, as testpmd's {@code start tx_first} in mode {@code io}: a window of frames is sent once, and
 * whatever comes back is sent again, untouched. One thread, which spins.
 */
final class EchoBounce {
    /** Rounds between two looks at the clock, as a mask. */
    private static final int CLOCK_MASK = 255;
    /** Round trips that are timed together, so that reading the clock costs next to nothing of them. */
    static final int TRIPS_PER_SAMPLE = 32;
    private static final int MAX_SAMPLES = 1 << 20;
    private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final BenchPort port;
    private final Plan plan;
    private final PacketBurst burst;
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final long[] samples;
    private int sampleCount;
    private long outstanding;
    private long received;

    /** What is to be done: sizes in packets and bytes, times in nanoseconds. */
    record Plan(int window, int burst, int frameBytes, long warmNanos, long measureNanos) {
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

    EchoBounce(BenchPort port, Plan plan) {
        this.port = port;
        this.plan = plan;
        burst = new PacketBurst(plan.burst());
        samples = new long[plan.isOneInFlight() ? MAX_SAMPLES : 1];
    }

    /** Primes the window, warms up, measures, waits for what is on its way; {@code onMeasure} runs before the measuring. */
    Map<String, Object> run(Runnable onMeasure) {
        prime();
        bounceFor(plan.warmNanos());
        onMeasure.run();
        long allocatedBefore = threads.getCurrentThreadAllocatedBytes();
        long packetsBefore = received;
        sampleCount = 0;
        long nanos = bounceFor(plan.measureNanos());
        long packets = received - packetsBefore;
        long allocated = threads.getCurrentThreadAllocatedBytes() - allocatedBefore;
        drain();
        return result(packets, nanos, allocated);
    }

    private void prime() {
        PacketBurst first = new PacketBurst(plan.window());
        int got = port.alloc(first, plan.window());
        if (got < plan.window()) {
            port.free(first);
            throw new IllegalStateException(
                    "window must fit the link's buffers: window=" + plan.window() + " buffers=" + got);
        }
        for (int i = 0; i < got; i++) {
            TestFrame.write(port.region(), first.offset[i], plan.frameBytes());
            first.length(i, plan.frameBytes());
        }
        long begin = System.nanoTime();
        while (first.count > 0) {
            outstanding += port.transmit(first);
            if (System.nanoTime() - begin > DRAIN_NANOS) {
                throw new IllegalStateException("window must fit the link's queue: window=" + plan.window() + " sent="
                        + outstanding);
            }
        }
    }

    private long bounceFor(long nanos) {
        return plan.isOneInFlight() ? timeTrips(nanos) : bounceStream(nanos);
    }

    private long bounceStream(long nanos) {
        long begin = System.nanoTime();
        long end = begin;
        int rounds = 0;
        while ((++rounds & CLOCK_MASK) != 0 || (end = System.nanoTime()) - begin < nanos) {
            bounceOnce();
        }
        return end - begin;
    }

    private void bounceOnce() {
        int count = port.receive(burst);
        received += count;
        outstanding -= count;
        if (burst.count > 0) {
            outstanding += port.transmit(burst);
        }
    }

    /** One packet, which the host writes to and reads from like a program that has something to say. */
    private long timeTrips(long nanos) {
        long begin = System.nanoTime();
        long last = begin;
        while (last - begin < nanos && sampleCount < MAX_SAMPLES) {
            for (int trip = 0; trip < TRIPS_PER_SAMPLE; trip++) {
                waitAndReturn(begin + nanos);
            }
            long now = System.nanoTime();
            samples[sampleCount++] = now - last;
            last = now;
        }
        return last - begin;
    }

    private void waitAndReturn(long giveUpNanos) {
        int spins = 0;
        while (port.receive(burst) == 0) {
            if ((++spins & 0xFFFFF) == 0 && System.nanoTime() - giveUpNanos > DRAIN_NANOS) {
                throw new IllegalStateException("the guest does not send the packet back");
            }
        }
        TestFrame.number(port.region(), burst.offset[0], TestFrame.number(port.region(), burst.offset[0]) + 1);
        received++;
        while (burst.count > 0) {
            port.transmit(burst);
        }
    }

    private void drain() {
        long begin = System.nanoTime();
        port.free(burst);
        while (outstanding > 0 && System.nanoTime() - begin < DRAIN_NANOS) {
            int count = port.receive(burst);
            outstanding -= count;
            if (count > 0) {
                port.free(burst);
            }
        }
    }

    private Map<String, Object> result(long packets, long nanos, long allocated) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("packets", packets);
        result.put("seconds", nanos / 1e9);
        result.put("pps", packets * 1e9 / nanos);
        result.put("bytesAllocated", allocated);
        result.put("lost", outstanding);
        result.put("drops", port.drops().values().stream().mapToLong(Long::longValue).sum());
        result.put("stillLent", (long) port.lent());
        if (plan.isOneInFlight()) {
            long[] sorted = Arrays.copyOf(samples, sampleCount);
            Arrays.sort(sorted);
            result.put("rttNanosP50", percentile(sorted, 0.50));
            result.put("rttNanosP99", percentile(sorted, 0.99));
        }
        return result;
    }

    private static double percentile(long[] sorted, double fraction) {
        if (sorted.length == 0) {
            return 0;
        }
        return (double) sorted[(int) Math.min(sorted.length - 1L, (long) (sorted.length * fraction))]
                / TRIPS_PER_SAMPLE;
    }
}
