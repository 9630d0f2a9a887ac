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
    /** 2 MiB pages that both sides take together. */
    static final int PAGES = 768;

    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    private static final String SHOW = "show port stats 0";

    private final Lab lab;
    private final Cores cores;
    private final Path testpmd;
    private final Wire wire;
    private final Flow flow;
    private final double warmSeconds;
    private int runs;

    /** What is between the two. */
    enum Wire {
        /** vhost-user on the host's side, virtio-user with a packed ring in order on the other. */
        VHOST_USER("vhost-user", "net_vhost0,iface=%s,queues=1",
                "net_virtio_user0,path=%s,queues=1,queue_size=1024,packed_vq=1,in_order=1,mrg_rxbuf=0"),
        /** memif, its client with zero-copy. */
        MEMIF("memif", "net_memif0,role=server,id=0,socket-abstract=no,socket=%s,rsize=10,bsize=2048",
                "net_memif0,role=client,id=0,socket-abstract=no,socket=%s,rsize=10,bsize=2048,zero-copy=yes");

        private final String label;
        private final String server;
        private final String client;

        Wire(String label, String server, String client) {
            this.label = label;
            this.server = server;
            this.client = client;
        }
    }

    /** Which way frames go, and what testpmd calls that on either side. */
    enum Flow {
        /** There and back; the client sends first. */
        ECHO("echo", "macswap", "io", "Rx"),
        /** From server to client. */
        TO_GUEST("host to guest", "txonly", "rxonly", "Rx"),
        /** From client to server. What the client could send was taken. */
        TO_HOST("guest to host", "rxonly", "txonly", "Tx");

        private final String label;
        private final String server;
        private final String client;
        private final Pattern rate;

        Flow(String label, String server, String client, String counted) {
            this.label = label;
            this.server = server;
            this.client = client;
            rate = Pattern.compile(counted + "-pps:\\s+(\\d+)");
        }

        String label() {
            return label;
        }
    }

    TestpmdPair(Lab lab, Cores cores, Path testpmd, Wire wire, Flow flow, double warmSeconds) {
        this.lab = lab;
        this.cores = cores;
        this.testpmd = testpmd;
        this.wire = wire;
        this.flow = flow;
        this.warmSeconds = warmSeconds;
    }

    @Override
    public String name() {
        return wire.label;
    }

    @Override
    public Run run(Traffic traffic, double seconds) {
        Path socket = lab.directory().resolve("p" + runs++);
        try (ManagedProcess server = start("a", cores.host(), List.of("--vdev=" + wire.server.formatted(socket)),
                List.of("--forward-mode=" + flow.server, "--burst=" + traffic.burst(),
                        "--txpkts=" + traffic.frameBytes()))) {
            awaitPrompt(server);
            server.send("start");
            awaitSocket(server, socket);
            try (ManagedProcess client = start("b", cores.guest(),
                    List.of("--single-file-segments", "--vdev=" + wire.client.formatted(socket)),
                    List.of("--forward-mode=" + flow.client, "--burst=" + traffic.burst(),
                            "--txpkts=" + traffic.frameBytes()))) {
                awaitPrompt(client);
                return measure(server, client, traffic, seconds);
            }
        } finally {
            delete(socket);
        }
    }

    private Run measure(ManagedProcess server, ManagedProcess client, Traffic traffic, double seconds) {
        Pause.seconds(0.5); // memif's handshake goes on after the start
        client.send(flow == Flow.ECHO ? "start tx_first " + traffic.window() / traffic.burst() : "start");
        Pause.seconds(warmSeconds);
        RunDelay delay = new RunDelay(server.pid(), client.pid());
        delay.begin();
        client.send(SHOW);
        Pause.seconds(seconds);
        client.send(SHOW);
        double worst = delay.worst();
        ProcessMemory ofServer = ProcessMemory.of(server.pid());
        ProcessMemory ofClient = ProcessMemory.of(client.pid());
        client.send("stop");
        client.send("quit");
        client.awaitExit(START_LIMIT);
        List<Double> rates = rates(client);
        if (rates.size() != 2 || rates.getLast() == 0) {
            throw new LabException("testpmd over " + wire.label + " forwarded nothing: rates=" + rates,
                    server.tail(20) + client.tail(40));
        }
        return new Run(rates.getLast(), worst, ofServer, ofClient, Map.of());
    }

    private List<Double> rates(ManagedProcess process) {
        List<Double> rates = new ArrayList<>();
        for (String line : process.outputLines()) {
            Matcher matcher = flow.rate.matcher(line);
            if (matcher.find()) {
                rates.add(Double.valueOf(matcher.group(1)));
            }
        }
        return rates;
    }

    private ManagedProcess start(String side, int core, List<String> device, List<String> application) {
        List<String> command = new ArrayList<>(
                List.of("taskset", "-c", Integer.toString(core), testpmd.toString(), "--lcores",
                        "0@%d,1@%d".formatted(core, core), "--file-prefix=" + lab.directory().getFileName() + side,
                        "--in-memory",
                        "--no-pci", "--socket-mem=256"));
        command.addAll(device);
        command.addAll(List.of("--", "-i", "--nb-cores=1"));
        command.addAll(application);
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
