// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import io.vlink.tests.lab.ManagedProcess;
import java.io.IOException;
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
 * testpmd buffers what it prints, so it is read when it has ended.
 */
final class TestpmdPair implements Contestant {
    /** Name of the detail that tells how many frames of the window were lost. */
    static final String LOST = "lost";

    /** 2 MiB pages that the pairs over all wires take together, as they run at the same time. */
    static final int ALL_PAGES = 768 * TestpmdWire.values().length;

    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    /** Both must have stopped before one ends: over memif the other would touch memory that has gone. */
    private static final double STOP_SECONDS = 0.3;
    private static final String SHOW = "show port stats 0";
    private static final Pattern RECEIVED = Pattern
            .compile("RX-packets:\\s+(\\d+)\\s+RX-missed:\\s+\\d+\\s+RX-bytes:\\s+(\\d+)");
    private static final Pattern SENT = Pattern
            .compile("TX-packets:\\s+(\\d+)\\s+TX-errors:\\s+\\d+\\s+TX-bytes:\\s+(\\d+)");
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
        ECHO("macswap", "io", RECEIVED),
        /** From server to client. */
        TO_GUEST("txonly", "rxonly", RECEIVED),
        /** From client to server. What the client could send was taken. */
        TO_HOST("rxonly", "txonly", SENT);

        private final String server;
        private final String client;
        /** Packets and bytes of the client that count. */
        private final Pattern counters;

        Mode(String server, String client, Pattern counters) {
            this.server = server;
            this.client = client;
            this.counters = counters;
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
    public double warmSeconds() {
        return warmSeconds;
    }

    @Override
    public Pair start(Traffic traffic) {
        // Pairs over other wires run at the same time.
        String unique = wire.ordinal() + "-" + runs++;
        Path socket = lab.directory().resolve("p" + unique);
        String prefix = lab.directory().getFileName() + unique;
        ManagedProcess server = start(prefix + "a", cores.host(), List.of("--vdev=" + wire.server(traffic, socket)),
                mode.server, traffic);
        return server.orClose(() -> {
            awaitPrompt(server);
            server.send("start");
            awaitSocket(server, socket);
            ManagedProcess client = start(prefix + "b", cores.guest(),
                    List.of("--single-file-segments", "--vdev=" + wire.client(traffic, socket)), mode.client, traffic);
            return client.orClose(() -> join(server, client, socket, traffic));
        });
    }

    private Pair join(ManagedProcess server, ManagedProcess client, Path socket, Traffic traffic) {
        awaitPrompt(client);
        Pause.seconds(0.5); // memif's handshake goes on after the start
        client.send(mode == Mode.ECHO ? "start tx_first " + traffic.window() / traffic.burst() : "start");
        return new Two(server, client, socket, traffic);
    }

    /** Both, with their commands. The host's is the server. */
    private final class Two extends Pair {
        private final Path socket;
        private final Traffic traffic;
        private long countingSince;

        Two(ManagedProcess server, ManagedProcess client, Path socket, Traffic traffic) {
            super(server, client);
            this.socket = socket;
            this.traffic = traffic;
        }

        @Override
        void startCounting() {
            guest().send(SHOW);
            countingSince = System.nanoTime();
        }

        @Override
        Run stopCounting(Seen seen, long pausedNanos) {
            guest().send(SHOW);
            double seconds = (System.nanoTime() - countingSince - pausedNanos) / 1e9;
            guest().send("stop");
            host().send("stop");
            Pause.seconds(STOP_SECONDS);
            end(guest());
            end(host());
            double packets = counted(1);
            if (packets <= 0) {
                throw failed("forwarded nothing: packets=" + packets);
            }
            double bytes = counted(2) / packets;
            if (Math.abs(bytes - traffic.frameBytes()) > 1) {
                throw failed("sent frames of another size: size=" + bytes + " wanted=" + traffic.frameBytes());
            }
            return new Run(packets / seconds, seen, mode == Mode.ECHO ? Map.of(LOST, lost(host(), guest())) : Map.of());
        }

        /** From the first time that it was asked to the second. */
        private double counted(int group) {
            List<Double> shown = numbers(guest(), mode.counters, group);
            if (shown.size() != 2) {
                throw failed("did not tell its counters twice: counters=" + shown);
            }
            return shown.getLast() - shown.getFirst();
        }

        private LabException failed(String how) {
            return new LabException("testpmd over " + wire.label() + " " + how, host().tail(20) + guest().tail(40));
        }

        @Override
        public void close() {
            super.close();
            delete(socket);
        }
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
        List<String> command = new ArrayList<>(List.of(testpmd.toString(), "--lcores",
                "0@%d,1@%d".formatted(core, core), "--file-prefix=" + side, "--in-memory", "--no-pci",
                "--socket-mem=256"));
        command.addAll(device);
        command.addAll(List.of("--", "-i", "--nb-cores=1", "--forward-mode=" + forwardMode,
                "--burst=" + traffic.burst()));
        command.addAll(wire.frames(traffic));
        return lab.keep(ManagedProcess.startInteractive("testpmd-" + side, Cores.tied(core, command), Map.of()));
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

    /** What cannot be deleted goes with the lab's folder. */
    private static void delete(Path socket) {
        try {
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            socket.toFile().deleteOnExit();
        }
    }
}
