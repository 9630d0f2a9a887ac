// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.infra.os.Cpu;
import io.vlink.tests.lab.LabException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * How fast the two processors are by themselves. In a virtual machine somebody else may use the other half of a physical core,
 * for seconds at a time; nothing tells, but a loop that does nothing but count takes up to three times as long. One thread, while
 * nobody else runs.
 */
final class Pace {
    /** Share of full pace from which on a processor counts as undisturbed. */
    static final double UNDISTURBED = 0.8;
    /** For one undisturbed moment, at most. */
    private static final double LONGEST_WAIT_SECONDS = 1;
    private static final double BETWEEN_SECONDS = 0.02;
    private static final int BLOCKS = 5;
    private static final int STEPS = 100_000;
    private static final int REHEARSALS = 40;

    private final Cores cores;
    private final Progress progress;
    private final double hurrySeconds;
    private final List<Double> found = new ArrayList<>();
    private double patienceSeconds;
    private long fastestNanos;
    /** What the loop comes to. Nobody uses it; without a use the compiler would leave the loop out. */
    long sum;

    /**
     * The pace of two processors.
     *
     * @param cores           the two
     * @param progress        the bench's clock
     * @param patienceSeconds how long to wait for undisturbed moments, all together
     * @param hurrySeconds    from then on nothing is waited for
     */
    Pace(Cores cores, Progress progress, double patienceSeconds, double hurrySeconds) {
        this(cores, progress, patienceSeconds, hurrySeconds, Long.MAX_VALUE);
    }

    /** As the other one, where it is known that a block of the loop takes no longer at full pace. */
    Pace(Cores cores, Progress progress, double patienceSeconds, double hurrySeconds, long fastestNanos) {
        this.cores = cores;
        this.progress = progress;
        this.patienceSeconds = patienceSeconds;
        this.hurrySeconds = hurrySeconds;
        this.fastestNanos = fastestNanos;
        for (int i = 0; i < REHEARSALS; i++) {
            probe(); // compiles it
        }
    }

    /** Waits for a moment in which neither processor is disturbed, while there is patience left, and notes what it ended with. */
    void await() {
        double begin = progress.seconds();
        double nanos = probe();
        while (share(nanos) < UNDISTURBED && isPatient(progress.seconds() - begin)) {
            Pause.seconds(BETWEEN_SECONDS);
            nanos = probe();
        }
        patienceSeconds -= progress.seconds() - begin;
        found.add(nanos);
    }

    private boolean isPatient(double waited) {
        return waited < Math.min(LONGEST_WAIT_SECONDS, patienceSeconds) && progress.seconds() < hurrySeconds;
    }

    /**
     * What was noted since the last call, which is forgotten by that.
     *
     * @return the median, for {@link #share}
     * @throws IllegalArgumentException if nothing was
     */
    double takeMedian() {
        double median = new Series(found).median();
        found.clear();
        return median;
    }

    /** {@return a probe as a share of full pace, which is the fastest that either processor has been so far; 0 to 1} */
    double share(double nanos) {
        return fastestNanos / nanos;
    }

    /** {@return nanoseconds that the slower processor takes for a block of the loop now} */
    double probe() {
        return probe(BLOCKS);
    }

    /** As the other one, over so many blocks. */
    double probe(int count) {
        return Math.max(blockNanos(cores.host(), count), blockNanos(cores.guest(), count));
    }

    private double blockNanos(int core, int count) {
        FutureTask<long[]> blocks = new FutureTask<>(() -> blocks(core, count));
        Thread.ofPlatform().name("bench-pace").daemon().start(blocks);
        try {
            LongSummaryStatistics nanos = Arrays.stream(blocks.get()).summaryStatistics();
            fastestNanos = Math.min(fastestNanos, nanos.getMin());
            return nanos.getAverage();
        } catch (ExecutionException e) {
            throw new LabException("the pace of a processor could not be measured: core=" + core + ": " + e.getCause(),
                    "");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", "");
        }
    }

    private long[] blocks(int core, int count) {
        Cpu.pin(core);
        long[] nanos = new long[count];
        for (int i = 0; i < count; i++) {
            long begin = System.nanoTime();
            sum += count();
            nanos[i] = System.nanoTime() - begin;
        }
        return nanos;
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
