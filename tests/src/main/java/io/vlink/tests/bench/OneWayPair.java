// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import io.vlink.tests.lab.ManagedProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** vlink in one direction: one side sends, the other takes. Every frame must arrive, in order. One thread. */
final class OneWayPair implements Contestant {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final Lab lab;
    private final Cores cores;
    private final String link;
    private final Path deviceSocket;
    private final boolean toGuest;
    private final double warmSeconds;

    OneWayPair(Lab lab, Cores cores, VlinkPair pair, boolean toGuest, double warmSeconds) {
        this.lab = lab;
        this.cores = cores;
        this.link = pair.shape().linkNames();
        this.deviceSocket = pair.deviceSocket();
        this.toGuest = toGuest;
        this.warmSeconds = warmSeconds;
    }

    @Override
    public String name() {
        return "vlink";
    }

    @Override
    public Run run(Traffic traffic, double seconds) {
        try (ManagedProcess guest = start("bench-guest", cores.guest(command(traffic, seconds, !toGuest, "--vfio-user",
                deviceSocket)))) {
            guest.awaitLine("it was attached", OneWayStream.ATTACHED::equals, LIMIT);
            try (ManagedProcess host = start("bench-host",
                    cores.host(command(traffic, seconds, toGuest, "--run-dir", lab.runDirectory())))) {
                return measure(host, guest, seconds);
            }
        }
    }

    private Run measure(ManagedProcess host, ManagedProcess guest, double seconds) {
        ManagedProcess receiver = toGuest ? guest : host;
        ManagedProcess sender = toGuest ? host : guest;
        receiver.awaitLine("it was measuring", EchoBounceMain.MEASURING::equals, LIMIT);
        RunDelay delay = new RunDelay(host.pid(), guest.pid());
        delay.begin();
        Pause.seconds(seconds * 0.9);
        double worst = delay.worst();
        ProcessMemory ofHost = ProcessMemory.of(host.pid());
        ProcessMemory ofGuest = ProcessMemory.of(guest.pid());
        Map<String, Object> sent = result(sender);
        Map<String, Object> received = result(receiver);
        if (!sent.get("packets").equals(received.get("packets")) || number(received, "outOfOrder") != 0
                || number(received, "drops") + number(sent, "drops") != 0) {
            throw new LabException("packets were lost: sent=" + sent + " received=" + received, "");
        }
        return new Run(number(received, "pps"), worst, ofHost, ofGuest, received);
    }

    private static Map<String, Object> result(ManagedProcess process) {
        if (process.awaitExit(LIMIT) != 0) {
            throw new LabException("an end of a stream failed", process.tail(10));
        }
        return JsonLine.read(process.outputLines().getLast());
    }

    private static double number(Map<String, Object> result, String name) {
        return ((Number) result.get(name)).doubleValue();
    }

    private ManagedProcess start(String name, List<String> command) {
        return lab.start(name, command);
    }

    private List<String> command(Traffic traffic, double seconds, boolean sends, String how, Path where) {
        List<String> command = new ArrayList<>(List.of(lab.program("bench"), "--one-way-side", "--link", link, how,
                where.toString(), "--burst", Integer.toString(traffic.burst()), "--size",
                Integer.toString(traffic.frameBytes()), "--warm", Double.toString(warmSeconds), "--seconds",
                Double.toString(seconds)));
        if (sends) {
            command.add("--send");
        }
        return command;
    }
}
