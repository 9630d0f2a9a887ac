// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.vlink.infra.os.Cpu;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * What the processor itself takes to bring cache lines from one core to another and back: nothing that sends a packet can be
 * faster. Two threads, each on its core.
 */
final class LineBounce {
    private static final VarHandle WORD = JAVA_LONG.varHandle().withInvokeExactBehavior();
    /** Lines lie so far apart that a prefetcher of neighbours does not couple them. */
    private static final long SPACING = 1024;
    private static final long THERE = 0;
    private static final long BACK = SPACING;
    private static final long DATA = 2 * SPACING;
    private static final long BYTES = 3 * SPACING;
    /** Places that runs use in turn: how long a line takes depends on where in the processor its address is looked after. */
    private static final int PLACES = 16;
    private static final int SAMPLES = 20_000;
    private static final int PROBE_SAMPLES = 2_000;

    private final Cores cores;
    private final boolean withDescriptor;
    private int runs;

    /**
     * A bounce.
     *
     * @param cores          the two
     * @param withDescriptor false: a line goes to the other core and comes back. True: a line of data, which both sides read and
     *                       write, does; in front of it goes a descriptor line, one for each direction
     */
    LineBounce(Cores cores, boolean withDescriptor) {
        this.cores = cores;
        this.withDescriptor = withDescriptor;
    }

    /** {@return the same, from a tenth of the round trips: some hundredths of a second} */
    double probe() {
        return run(PROBE_SAMPLES);
    }

    /** {@return median of the round-trip time in nanoseconds, over blocks of {@link EchoBounce#TRIPS_PER_SAMPLE}} */
    double run() {
        return run(SAMPLES);
    }

    private double run(int count) {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment lines = arena.allocate(PLACES * BYTES, SPACING).asSlice(runs++ % PLACES * BYTES, BYTES);
            long[] samples = new long[count];
            Thread other = Thread.ofPlatform().name("bounce-guest").daemon()
                    .start(() -> pinned(cores.guest(), () -> answer(lines, 2L * count)));
            Thread self = Thread.ofPlatform().name("bounce-host").daemon()
                    .start(() -> pinned(cores.host(), () -> ask(lines, samples)));
            join(self);
            join(other);
            Arrays.sort(samples);
            return (double) samples[count / 2] / EchoBounce.TRIPS_PER_SAMPLE;
        }
    }

    private static void pinned(int core, Runnable work) {
        Cpu.pin(core);
        work.run();
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void ask(MemorySegment lines, long[] samples) {
        long trip = 0;
        for (int sample = -samples.length; sample < samples.length; sample++) {
            long begin = System.nanoTime();
            for (int i = 0; i < EchoBounce.TRIPS_PER_SAMPLE; i++) {
                trip++;
                touchData(lines);
                send(lines, THERE, trip);
                awaitWord(lines, withDescriptor ? BACK : THERE, withDescriptor ? trip : -trip);
            }
            if (sample >= 0) {
                samples[sample] = System.nanoTime() - begin;
            }
        }
        touchData(lines);
    }

    private void answer(MemorySegment lines, long blocks) {
        long trips = blocks * EchoBounce.TRIPS_PER_SAMPLE;
        for (long trip = 1; trip <= trips; trip++) {
            awaitWord(lines, THERE, trip);
            touchData(lines);
            send(lines, withDescriptor ? BACK : THERE, withDescriptor ? trip : -trip);
        }
    }

    private void touchData(MemorySegment lines) {
        if (withDescriptor) {
            lines.set(JAVA_LONG, DATA, lines.get(JAVA_LONG, DATA) + 1);
        }
    }

    private static void send(MemorySegment lines, long offset, long value) {
        WORD.setRelease(lines, offset, value);
    }

    private static void awaitWord(MemorySegment lines, long offset, long value) {
        while ((long) WORD.getAcquire(lines, offset) != value) {
            // No onSpinWait: it would add to what is measured.
        }
    }
}
