// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.infra.os.Cpu;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.LongSummaryStatistics;

/**
 * How fast the two processors are by themselves, as a share of the fastest that either has been. In a virtual machine somebody
 * else may use the other half of a physical core, for seconds at a time; nothing tells, but a loop that does nothing but
 * count takes up to three times as long. One thread, while nobody else runs.
 */
final class Pace {
    /** Share from which on a processor counts as undisturbed. */
    static final double FULL = 0.8;
    /** For one undisturbed moment, at most. */
    private static final double LONGEST_WAIT_SECONDS = 1;
    private static final double BETWEEN_SECONDS = 0.02;
    private static final int BLOCKS = 5;
    private static final int STEPS = 100_000;
    private static final int REHEARSALS = 40;

    private final Cores cores;
    private final Progress progress;
    private final double hurrySeconds;
    private final List<Double> seen = new ArrayList<>();
    private double patienceSeconds;
    private long fastest = Long.MAX_VALUE;
    /** What the loop comes to. Nobody uses it; without a use the compiler would leave the loop out. */
    private long sum;

    /**
     * The pace of two processors.
     *
     * @param cores           the two
     * @param progress        the bench's clock
     * @param patienceSeconds how long to wait for undisturbed moments, all together
     * @param hurrySeconds    from then on nothing is waited for
     */
    Pace(Cores cores, Progress progress, double patienceSeconds, double hurrySeconds) {
        this.cores = cores;
        this.progress = progress;
        this.patienceSeconds = patienceSeconds;
        this.hurrySeconds = hurrySeconds;
        for (int i = 0; i < REHEARSALS; i++) {
            probe(); // compiles it, and learns what full pace is
        }
    }

    /** Waits for a moment in which neither processor is disturbed, while there is patience left, and notes what it found. */
    void await() {
        double begin = progress.seconds();
        double now = probe();
        while (now < FULL && isPatient(progress.seconds() - begin)) {
            Pause.seconds(BETWEEN_SECONDS);
            now = probe();
        }
        patienceSeconds -= progress.seconds() - begin;
        seen.add(now);
    }

    private boolean isPatient(double waited) {
        return waited < Math.min(LONGEST_WAIT_SECONDS, patienceSeconds) && progress.seconds() < hurrySeconds;
    }

    /** {@return the median of what was found since the last call, 0 to 1} */
    double median() {
        double median = new Series(seen).median();
        seen.clear();
        return median;
    }

    /** {@return the slower processor's share of full pace now} */
    double probe() {
        return Math.min(share(cores.host()), share(cores.guest()));
    }

    private double share(int core) {
        long[] nanos = new long[BLOCKS];
        Thread counter = Thread.ofPlatform().name("bench-pace").daemon().start(() -> {
            Cpu.pin(core);
            for (int i = 0; i < BLOCKS; i++) {
                long begin = System.nanoTime();
                sum += count();
                nanos[i] = System.nanoTime() - begin;
            }
        });
        try {
            counter.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
        LongSummaryStatistics blocks = Arrays.stream(nanos).summaryStatistics();
        fastest = Math.min(fastest, blocks.getMin());
        return fastest / blocks.getAverage();
    }

    /** Six chains that do not depend on each other, as only a processor that is kept busy notices a neighbour. */
    private static long count() {
        long a = 1;
        long b = 2;
        long c = 3;
        long d = 4;
        long e = 5;
        long f = 6;
        for (int i = 0; i < STEPS; i++) {
            a = (a + i) ^ 0x11;
            b = (b + i) ^ 0x22;
            c = (c + i) ^ 0x33;
            d = (d + i) ^ 0x44;
            e = (e + i) ^ 0x55;
            f = (f + i) ^ 0x66;
        }
        return a ^ b ^ c ^ d ^ e ^ f;
    }
}
