// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.lab.JsonLine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The process of one end of a stream; {@code bin/bench} starts it. Prints one line of JSON. */
@Command(name = "bench-one-way", mixinStandardHelpOptions = true, description = "One end of a stream in one direction.")
public final class OneWayMain implements Callable<Integer> {
    private static final Duration UP_LIMIT = Duration.ofSeconds(20);

    @Option(names = "--link", required = true, paramLabel = "NAME", description = "The link.")
    private String link = "";

    @Option(names = "--run-dir", paramLabel = "DIR", description = "On the host's side: the agent's run directory.")
    private Path runDirectory;

    @Option(names = "--vfio-user", paramLabel = "SOCKET", description = "On the guest's side: the device socket.")
    private Path deviceSocket;

    @Option(names = "--send", description = "The end that sends.")
    private boolean send;

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
        System.exit(new CommandLine(new OneWayMain()).setExecutionExceptionHandler((failure, command, result) -> {
            System.err.println("bench-one-way: " + failure.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        }).execute(arguments));
    }

    @Override
    public Integer call() {
        try (BenchPort port = deviceSocket == null
                ? BenchPort.ofHost(link, runDirectory)
                : BenchPort.ofGuest(link, deviceSocket)) {
            announce(OneWayStream.ATTACHED);
            if (!port.waitUntilUp(UP_LIMIT)) {
                throw new IllegalStateException("link is down: link=" + link + ": is the other side running?");
            }
            OneWayStream stream = new OneWayStream(port, burst, size);
            long warmNanos = (long) (warmSeconds * 1e9);
            long nanos = (long) (seconds * 1e9);
            Map<String, Object> result = send
                    ? stream.send(warmNanos + nanos + OneWayStream.MARGIN_NANOS)
                    : stream.receive(warmNanos, nanos, () -> announce(EchoBounceMain.MEASURING));
            System.out.println(JsonLine.write(result));
        }
        return CommandLine.ExitCode.OK;
    }

    private static void announce(String word) {
        System.out.println(word);
        System.out.flush();
    }
}
