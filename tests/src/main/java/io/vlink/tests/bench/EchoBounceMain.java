// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.lab.JsonLine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The process of the host's side of a closed loop; {@code bin/bench} starts it. Prints one line of JSON. */
@Command(name = "bench-host", mixinStandardHelpOptions = true, description = "The host's side of a closed loop.")
public final class EchoBounceMain implements Callable<Integer> {
    /** What is printed when the warm-up is over. */
    static final String MEASURING = "measuring";

    @Option(names = "--link", required = true, paramLabel = "NAME", description = "The link.")
    private String link;

    @Option(names = "--run-dir", required = true, paramLabel = "DIR", description = "The agent's run directory.")
    private Path runDirectory;

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
        try (BenchPort port = BenchPort.attach(link, runDirectory)) {
            if (!port.waitUntilUp(Duration.ofSeconds(20))) {
                throw new IllegalStateException("link is down: link=" + link + ": is the guest's side running?");
            }
            System.out.println(JsonLine.write(new EchoBounce(port, plan).run(EchoBounceMain::announce)));
        }
        return CommandLine.ExitCode.OK;
    }

    private static void announce() {
        System.out.println(MEASURING);
        System.out.flush();
    }
}
