// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.lab.JsonLine;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The process of the host's side of a closed loop; {@code bin/bench} starts it. Prints one line of JSON. */
@Command(name = "bench-host", mixinStandardHelpOptions = true, description = "The host's side of a closed loop.")
public final class EchoBounceMain implements Callable<Integer> {
    /** What is printed when the warm-up is over. */
    static final String MEASURING = "measuring";
    private static final Duration UP_LIMIT = Duration.ofSeconds(20);

    @Option(names = "--link", required = true, split = ",", paramLabel = "NAME", description = "The links.")
    private List<String> links = List.of();

    @Option(names = "--run-dir", required = true, paramLabel = "DIR", description = "The agent's run directory.")
    private Path runDirectory = Path.of("");

    @Option(names = "--window", required = true, paramLabel = "N", description = "Packets on their way; 1: each is timed.")
    private int window;

    @Option(names = "--burst", required = true, paramLabel = "N", description = "Packets in a burst at most.")
    private int burst;

    @Option(names = "--size", required = true, paramLabel = "BYTES", description = "Frame size.")
    private int size;

    @Option(names = "--warm", required = true, paramLabel = "S", description = "Seconds before the measuring.")
    private double warmSeconds;

    @Option(names = "--seconds", required = true, paramLabel = "S", description = "Seconds of measuring.")
    private double seconds;

    private long attachedNanos;
    private long firstPacketNanos;
    private long firstPacketMillis;

    /**
     * Runs it and exits.
     *
     * @param arguments command line
     */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new EchoBounceMain()).setExecutionExceptionHandler((failure, command, result) -> {
            System.err.println("bench-host: " + failure.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        }).execute(arguments));
    }

    @Override
    public Integer call() {
        EchoBounce.Plan plan = new EchoBounce.Plan(window, burst, size, (long) (warmSeconds * 1e9),
                (long) (seconds * 1e9));
        List<BenchPort> ports = new ArrayList<>();
        try {
            attachedNanos = System.nanoTime();
            for (String link : links) {
                ports.add(BenchPort.ofHost(link, runDirectory));
            }
            System.out.println(JsonLine.write(run(ports, plan)));
        } finally {
            ports.forEach(BenchPort::close);
        }
        return CommandLine.ExitCode.OK;
    }

    private Map<String, Object> run(List<BenchPort> ports, EchoBounce.Plan plan) {
        List<BounceQueue> queues = new ArrayList<>();
        for (BenchPort port : ports) {
            if (!port.waitUntilUp(UP_LIMIT)) {
                throw new IllegalStateException("link is down: links=" + links + ": is the guest's side running?");
            }
            for (int queue = 0; queue < port.queues(); queue++) {
                queues.add(new BounceQueue(port, queue, plan.burst()));
            }
        }
        Map<String, Object> result = new EchoBounce(queues, plan).run(this::noteFirstPacket, EchoBounceMain::announce);
        result.put("drops",
                ports.stream().mapToLong(BenchPort::drops).sum());
        result.put("startToFirstPacketMillis", firstPacketMillis - ManagementFactory.getRuntimeMXBean().getStartTime());
        result.put("attachToFirstPacketMicros", (firstPacketNanos - attachedNanos) / 1_000);
        return result;
    }

    private void noteFirstPacket() {
        firstPacketNanos = System.nanoTime();
        firstPacketMillis = System.currentTimeMillis();
    }

    private static void announce() {
        System.out.println(MEASURING);
        System.out.flush();
    }
}
