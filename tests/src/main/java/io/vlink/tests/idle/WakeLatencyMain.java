// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.idle;

import io.vlink.infra.os.Cpu;
import io.vlink.traffic.worker.IdleStrategy;
import io.vlink.traffic.worker.Lcores;
import io.vlink.traffic.worker.WorkerGroup;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures how soon a worker that has been idle notices something, for each idle strategy and after a short and a long rest,
 * and the share of its processor that it took meanwhile.
 */
@Command(name = "idle-latency", description = "Measures the wake latency of idle strategies.", mixinStandardHelpOptions = true)
public final class WakeLatencyMain implements Callable<Integer> {
    private static final long SPIN_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

    // spotless:off
    @Option(names = "--samples", paramLabel = "N", defaultValue = "300",
            description = "for each row of the table; default: ${DEFAULT-VALUE}")
    private int samples;
    @Option(names = "--gaps", paramLabel = "US", split = ",", defaultValue = "20,2000,20000",
            description = "microseconds of rest; default: ${DEFAULT-VALUE}")
    private List<Long> gapsMicros;
    @Option(names = "--idle", paramLabel = "HOW", split = ";",
            defaultValue = "spin;yield;park;auto:1000,200,50;auto:1000,200,100;auto:1000,200,250;auto:1000,200,1000",
            description = "strategies, with ; between them; default: ${DEFAULT-VALUE}")
    private List<String> strategies;
    @Option(names = "--lcores", paramLabel = "SENDER,WORKER", split = ",", defaultValue = "0,1",
            description = "processors; the same one twice shows how they share it; default: ${DEFAULT-VALUE}")
    private List<Integer> lcores;
    // spotless:on

    private WakeLatencyMain() {
    }

    /**
     * Measures and prints.
     *
     * @param arguments see {@code --help}
     */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new WakeLatencyMain()).execute(arguments));
    }

    @Override
    public Integer call() throws InterruptedException {
        Cpu.pin(lcores.getFirst());
        Lcores worker = Lcores.ofList(Integer.toString(lcores.getLast()));
        measure(IdleStrategy.YIELD, worker, 0, 20_000); // for the compiler
        System.out.printf(Locale.ROOT, "%-24s %10s %10s %10s %10s %6s%n", "idle", "rest us", "p50 us", "p99 us",
                "max us", "cpu %");
        for (String strategy : strategies) {
            for (long gap : gapsMicros) {
                System.out.printf(Locale.ROOT, "%-24s %10d %s%n", strategy, gap,
                        measure(IdleStrategy.parse(strategy), worker, TimeUnit.MICROSECONDS.toNanos(gap), samples));
            }
        }
        return 0;
    }

    private static String measure(IdleStrategy strategy, Lcores lcores, long gapNanos, int count)
            throws InterruptedException {
        WakeProbe probe = new WakeProbe(count);
        try (WorkerGroup worker = new WorkerGroup(lcores, strategy, List.of(probe))) {
            worker.start();
            long start = 0;
            for (int i = 0; i < count; i++) {
                rest(gapNanos);
                probe.send();
                awaitReceived(probe, i);
                start = i == 0 ? System.nanoTime() : start;
            }
            double elapsed = System.nanoTime() - start;
            worker.await(Duration.ofSeconds(10));
            return String.format(Locale.ROOT, "%10.1f %10.1f %10.1f %6.1f", probe.percentile(50) / 1e3,
                    probe.percentile(99) / 1e3, probe.percentile(100) / 1e3, 100 * probe.cpuNanos() / elapsed);
        }
    }

    @SuppressWarnings("ThreadPriorityCheck") // where both share a processor
    private static void awaitReceived(WakeProbe probe, int before) {
        for (int turns = 0; probe.received() == before; turns++) {
            if (turns < 1_000) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    /** Sleeps most of the time and spins the rest, so that the length is right and the processor free. */
    private static void rest(long nanos) {
        long start = System.nanoTime();
        if (nanos > 2 * SPIN_NANOS) {
            LockSupport.parkNanos(nanos - SPIN_NANOS);
        }
        while (System.nanoTime() - start < nanos) {
            Thread.onSpinWait();
        }
    }
}
