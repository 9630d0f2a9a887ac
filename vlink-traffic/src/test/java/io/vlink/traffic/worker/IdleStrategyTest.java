// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdleStrategyTest {
    @ParameterizedTest
    @ValueSource(strings = {"", "doze", "SPIN", "auto:", "auto:1,2", "auto:1,2,0", "auto:1,2,1000001", "auto:-1,2,3",
            "auto:1,2,3,4", "auto:9999999999,1,1"})
    void refusesWhatItDoesNotKnow(String text) {
        assertThatThrownBy(() -> IdleStrategy.parse(text)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("idle must be " + IdleStrategy.FORM).hasMessageEndingWith("idle=" + text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"spin", "yield", "park", "auto", "auto:0,0,1", "auto:100,20,1000000"})
    void readsWhatItWrites(String text) {
        IdleStrategy strategy = IdleStrategy.parse(text);
        assertThat(IdleStrategy.parse(strategy.toString())).isEqualTo(strategy);
    }

    @Test
    void sleepsOnlyAfterItsSpinsAndYieldsAndAgainAfterWork() throws IOException {
        Idler idler = new Idler(IdleStrategy.parse("auto:500,500,2000"));
        for (int i = 0; i < 2; i++) {
            assertThat(sleepsOf(idler, 1_000)).as("waiting for the JVM itself at most").isLessThan(50);
            assertThat(sleepsOf(idler, 100)).isGreaterThan(80);
            idler.idle(1);
        }
    }

    /** How often this thread gives up the processor to wait; a yield is no such time, nor is a preemption: proc(5). */
    private static long sleepsOf(Idler idler, int turns) throws IOException {
        long before = sleeps();
        nanosOf(idler, turns);
        return sleeps() - before;
    }

    private static long sleeps() throws IOException {
        String count = "voluntary_ctxt_switches:";
        return Files.readAllLines(Path.of("/proc/thread-self/status")).stream().filter(line -> line.startsWith(count))
                .mapToLong(line -> Long.parseLong(line.substring(count.length()).strip())).sum();
    }

    private static long nanosOf(Idler idler, int turns) {
        long start = System.nanoTime();
        for (int i = 0; i < turns; i++) {
            idler.idle(0);
        }
        return System.nanoTime() - start;
    }

    @Test
    void sleepsLongerEachTimeButNeverBeyondTheLimit() {
        Idler idler = new Idler(new IdleStrategy(0, 0, TimeUnit.MILLISECONDS.toNanos(20)));
        for (int i = 0; i < 11; i++) {
            idler.idle(0); // 20 µs, 40 µs, … 20 ms
        }
        // A sleep may be longer than asked for, never shorter; without the limit these would be 41 ms, 82 ms, …
        long shortest = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            shortest = Math.min(shortest, nanosOf(idler, 1));
        }
        assertThat(shortest).isBetween(TimeUnit.MILLISECONDS.toNanos(19), TimeUnit.MILLISECONDS.toNanos(300));
    }

    @Test
    void leavesTheProcessorToOthersWhileItSleeps() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Idler idler = new Idler(IdleStrategy.AUTO);
        nanosOf(idler, IdleStrategy.AUTO.spins() + IdleStrategy.AUTO.yields());
        long cpuBefore = threads.getCurrentThreadCpuTime();
        long elapsed = nanosOf(idler, 1_000);
        assertThat(threads.getCurrentThreadCpuTime() - cpuBefore).isLessThan(elapsed / 2);
    }

    @Test
    void spinningAllocatesNothing() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Idler idler = new Idler(IdleStrategy.SPIN);
        nanosOf(idler, 20_000);
        long before = threads.getCurrentThreadAllocatedBytes();
        long cost = threads.getCurrentThreadAllocatedBytes() - before;
        before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 5_000; i++) {
            idler.idle(i & 1);
        }
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isEqualTo(cost);
    }
}
