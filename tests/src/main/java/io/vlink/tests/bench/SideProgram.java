// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.lab.JsonLine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/**
 * The process of one side of a measurement; {@code bin/bench} starts it. It attaches, waits for the other side, does its work,
 * and prints the result as one line of JSON. One thread.
 */
abstract class SideProgram implements Callable<Integer> {
    /** What is printed when the links are joined. */
    static final String ATTACHED = "attached";
    /** What is printed when the first packet has come. */
    static final String RUNNING = "running";
    /** What is printed when the measuring has begun. */
    static final String MEASURING = "measuring";
    /** Name of the result that tells how many packets were counted. */
    static final String MEASURED_PACKETS = "packets";
    /** Name of the result that tells from when to when, in nanoseconds. */
    static final String MEASURED_NANOS = "nanos";

    private static final Duration UP_LIMIT = Duration.ofSeconds(20);
    private static final double NANOS_PER_SECOND = 1e9;

    @Option(names = "--link", required = true, split = ",", paramLabel = "NAME", description = "The links.")
    private List<String> links = List.of();

    @Option(names = "--run-dir", paramLabel = "DIR", description = "On the host's side: the agent's run directory.")
    private Path runDirectory;

    @Option(names = "--vfio-user", paramLabel = "SOCKET", description = "On the guest's side: the device socket.")
    private Path deviceSocket;

    @Option(names = "--burst", required = true, paramLabel = "N", description = "Packets in a burst at most.")
    private int burst;

    @Option(names = "--size", required = true, paramLabel = "BYTES", description = "Frame size.")
    private int size;

    /**
     * Runs a side and exits.
     *
     * @param program   the side
     * @param arguments command line
     */
    static void runAndExit(SideProgram program, String[] arguments) {
        System.exit(new CommandLine(program).setExecutionExceptionHandler((failure, command, result) -> {
            System.err.println(command.getCommandName() + ": " + failure.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        }).execute(arguments));
    }

    @Override
    public final Integer call() {
        List<BenchPort> ports = new ArrayList<>();
        Orders orders = Orders.ofStandardInput();
        try {
            beginAttaching();
            for (String link : links) {
                ports.add(deviceSocket == null
                        ? BenchPort.ofHost(link, runDirectory)
                        : BenchPort.ofGuest(link, deviceSocket));
            }
            announce(ATTACHED);
            for (BenchPort port : ports) {
                if (!port.waitUntilUp(UP_LIMIT)) {
                    throw new IllegalStateException("link is down: links=" + links + ": is the other side running?");
                }
            }
            System.out.println(JsonLine.write(work(ports, orders)));
        } finally {
            ports.forEach(BenchPort::close);
        }
        return CommandLine.ExitCode.OK;
    }

    /** Called before the first link is attached. */
    void beginAttaching() {
    }

    /**
     * Does what this side is for.
     *
     * @param ports  the links, all up
     * @param orders when to measure, and when to end
     * @return the result
     */
    abstract Map<String, Object> work(List<BenchPort> ports, Orders orders);

    /** Tells whoever started this process. */
    static void announce(String word) {
        System.out.println(word);
        System.out.flush();
    }

    /** {@return packets in a burst at most} */
    int burst() {
        return burst;
    }

    /** {@return bytes of a frame} */
    int size() {
        return size;
    }

    /**
     * The rate that a side has measured.
     *
     * @param result      of {@link #work}
     * @param pausedNanos so long has the side stood still while it measured
     * @return packets per second
     */
    static double rate(Map<String, Object> result, long pausedNanos) {
        double nanos = ((Number) result.get(MEASURED_NANOS)).doubleValue() - pausedNanos;
        return ((Number) result.get(MEASURED_PACKETS)).doubleValue() * NANOS_PER_SECOND / nanos;
    }
}
