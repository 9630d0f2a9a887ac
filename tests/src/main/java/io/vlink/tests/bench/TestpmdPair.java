// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import io.vlink.tests.lab.ManagedProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Two of DPDK's testpmd: one sends a window of frames and then whatever comes back, the other swaps the MAC addresses. Their
 * command lines are DESIGN.md's, section 6. One thread.
 *
 * <p>
 * testpmd buffers what it prints, so it is read when it has ended; the rate is by its own clock.
 */
final class TestpmdPair implements Contestant {
    /** Name of the detail that tells how many frames of the window were lost. */
    static final String LOST = "lost";

    /** 2 MiB pages that both sides take together. */
    static final int PAGES = 768;

    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    /** Both must have stopped before one ends: over memif the other would touch memory that has gone. */
    private static final double STOP_SECONDS = 0.3;
    private static final String SHOW = "show port stats 0";
    private static final Pattern DROPPED = Pattern.compile("TX-dropped:\\s+(\\d+)");

    private final Lab lab;
    private final Cores cores;
    private final Path testpmd;
    private final TestpmdWire wire;
    private final Mode mode;
    private final double warmSeconds;
    private int runs;

    /** The forwarding modes of both sides, and the rate that counts. */
    private enum Mode {
        /** There and back; the client sends first. */
        ECHO("macswap", "io", "Rx"),
        /** From server to client. */
        TO_GUEST("txonly", "rxonly", "Rx"),
        /** From client to server. What the client could send was taken. */
        TO_HOST("rxonly", "txonly", "Tx");

        private final String server;
        private final String client;
        private final Pattern rate;

        Mode(String server, String client, String counted) {
            this.server = server;
            this.client = client;
            rate = Pattern.compile(counted + "-pps:\\s+(\\d+)\\s+" + counted + "-bps:\\s+(\\d+)");
        }
    }

    TestpmdPair(Lab lab, Cores cores, Path testpmd, TestpmdWire wire, Flow flow, double warmSeconds) {
        this.lab = lab;
        this.cores = cores;
        this.testpmd = testpmd;
        this.wire = wire;
        mode = Mode.valueOf(flow.name());
        this.warmSeconds = warmSeconds;
    }

    @Override
    public String name() {
        return wire.label();
    }

    @Override
    public Run run(Traffic traffic, double seconds) {
        Path socket = lab.directory().resolve("p" + runs++);
        try (ManagedProcess server = start("a", cores.host(), List.of("--vdev=" + wire.server(traffic, socket)),
                mode.server, traffic)) {
            awaitPrompt(server);
            server.send("start");
            awaitSocket(server, socket);
            try (ManagedProcess client = start("b", cores.guest(),
                    List.of("--single-file-segments", "--vdev=" + wire.client(traffic, socket)), mode.client,
                    traffic)) {
                awaitPrompt(client);
                return measure(server, client, traffic, seconds);
            }
        } finally {
            delete(socket);
        }
    }

    private Run measure(ManagedProcess server, ManagedProcess client, Traffic traffic, double seconds) {
        Pause.seconds(0.5); // memif's handshake goes on after the start
        client.send(mode == Mode.ECHO ? "start tx_first " + traffic.window() / traffic.burst() : "start");
        Pause.seconds(warmSeconds);
        client.send(SHOW);
        Seen seen = Watch.QUIETLY.look(server, client, seconds);
        client.send(SHOW);
        client.send("stop");
        server.send("stop");
        Pause.seconds(STOP_SECONDS);
        end(client);
        end(server);
        List<Double> rates = numbers(client, mode.rate, 1);
        String logs = server.tail(20) + client.tail(40);
        if (rates.size() != 2 || rates.getLast() == 0) {
            throw new LabException("testpmd over " + wire.label() + " forwarded nothing: rates=" + rates, logs);
        }
        double bytes = numbers(client, mode.rate, 2).getLast() / Byte.SIZE / rates.getLast();
        if (Math.abs(bytes - traffic.frameBytes()) > 1) {
            throw new LabException("testpmd over " + wire.label() + " sent frames of another size: size=" + bytes
                    + " wanted=" + traffic.frameBytes(), logs);
        }
        return new Run(rates.getLast(), seen, mode == Mode.ECHO ? Map.of(LOST, lost(server, client)) : Map.of());
    }

    /** The first one's end is an error for the other, which is of no interest. */
    private static void end(ManagedProcess process) {
        process.send("quit");
        process.awaitExit(START_LIMIT);
    }

    /** A frame that testpmd finds no room for is dropped, and the window is smaller from then on. */
    private static double lost(ManagedProcess server, ManagedProcess client) {
        double lost = 0;
        for (ManagedProcess process : List.of(server, client)) {
            // Printed for the port, and again for all ports together.
            lost += numbers(process, DROPPED, 1).stream().mapToDouble(Double::doubleValue).max().orElse(0);
        }
        return lost;
    }

    private static List<Double> numbers(ManagedProcess process, Pattern pattern, int group) {
        List<Double> numbers = new ArrayList<>();
        for (String line : process.outputLines()) {
            Matcher matcher = pattern.matcher(line);
            if (matcher.find()) {
                numbers.add(Double.valueOf(matcher.group(group)));
            }
        }
        return numbers;
    }

    private ManagedProcess start(String side, int core, List<String> device, String forwardMode, Traffic traffic) {
        List<String> command = new ArrayList<>(
                List.of("taskset", "-c", Integer.toString(core), testpmd.toString(), "--lcores",
                        "0@%d,1@%d".formatted(core, core), "--file-prefix=" + lab.directory().getFileName() + side,
                        "--in-memory",
                        "--no-pci", "--socket-mem=256"));
        command.addAll(device);
        command.addAll(List.of("--", "-i", "--nb-cores=1", "--forward-mode=" + forwardMode,
                "--burst=" + traffic.burst()));
        command.addAll(wire.frames(traffic));
        return lab.keep(ManagedProcess.startInteractive("testpmd-" + side, command, Map.of()));
    }

    /** It prints its prompt without a newline; with the echo of an empty line the prompt becomes one. */
    private static void awaitPrompt(ManagedProcess process) {
        process.send("");
        process.awaitLine("it took commands", line -> line.contains("testpmd>"), START_LIMIT);
    }

    private static void awaitSocket(ManagedProcess server, Path socket) {
        long end = System.nanoTime() + START_LIMIT.toNanos();
        while (!Files.exists(socket)) {
            if (System.nanoTime() - end > 0 || !server.isAlive()) {
                throw new LabException("testpmd made no socket: socket=" + socket, server.tail(20));
            }
            Pause.seconds(0.01);
        }
    }

    private static void delete(Path socket) {
        try {
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
