// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.infra.ring.Checks;
import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import io.vlink.tests.lab.ManagedProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** vlink: a host process on core 0, a guest process on core 1 that is attached through the device socket. One thread. */
final class VlinkPair implements Contestant {
    private static final Duration START_LIMIT = Duration.ofMinutes(1);

    private final Lab lab;
    private final Cores cores;
    private final Shape shape;
    private final String socket;
    private final double warmSeconds;

    /**
     * Links and channels that the load is spread over.
     *
     * @param name     of the domain, and what its links' names begin with
     * @param links    number of links
     * @param channels data channels of each
     * @param checked  whether descriptors and the ledger are checked, as they are everywhere but here
     */
    record Shape(String name, int links, int channels, boolean checked) {
        String linkNames() {
            List<String> names = new ArrayList<>();
            for (int i = 0; i < links; i++) {
                names.add(name + "-" + i);
            }
            return String.join(",", names);
        }

        private String linkConfig() {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < links; i++) {
                text.append("%s-%d 52:54:00:00:00:%02x %d%n".formatted(name, i, i + 1, channels + 1));
            }
            return text.toString();
        }
    }

    VlinkPair(Lab lab, AgentProcess agent, Cores cores, Shape shape, double warmSeconds) {
        this.lab = lab;
        this.cores = cores;
        this.shape = shape;
        this.warmSeconds = warmSeconds;
        Path linkConfig = lab.write(shape.name() + ".config", shape.linkConfig());
        // One region for all of them, so that one reservation of hugepages is enough.
        socket = agent
                .vlinkctl("register", "vm_domain=" + shape.name() + ",init_config=" + linkConfig + ",trust_group=bench")
                .getLast();
    }

    Shape shape() {
        return shape;
    }

    Path deviceSocket() {
        return Path.of(socket);
    }

    @Override
    public String name() {
        return shape.name();
    }

    @Override
    public Run run(Traffic traffic, double seconds) {
        try (ManagedProcess guest = startGuest(traffic)) {
            guest.awaitLine("it was ready to echo", line -> line.contains("echo ready"), START_LIMIT);
            try (ManagedProcess host = startHost(traffic, seconds)) {
                return measure(host, guest, seconds);
            }
        }
    }

    private static Run measure(ManagedProcess host, ManagedProcess guest, double seconds) {
        host.awaitLine("it was measuring", EchoBounceMain.MEASURING::equals, START_LIMIT);
        RunDelay delay = new RunDelay(host.pid(), guest.pid());
        delay.begin();
        Pause.seconds(seconds * 0.9);
        double worst = delay.worst();
        ProcessMemory ofHost = ProcessMemory.of(host.pid());
        ProcessMemory ofGuest = ProcessMemory.of(guest.pid());
        if (host.awaitExit(START_LIMIT) != 0) {
            throw new LabException("the host's side failed", host.tail(10) + guest.tail(10));
        }
        Map<String, Object> result = JsonLine.read(host.outputLines().getLast());
        if (number(result, "lost") != 0 || number(result, "drops") != 0) {
            throw new LabException("packets were lost: " + result, host.tail(10) + guest.tail(10));
        }
        return new Run(number(result, "pps"), worst, ofHost, ofGuest, result);
    }

    private static double number(Map<String, Object> result, String name) {
        return ((Number) result.get(name)).doubleValue();
    }

    private ManagedProcess startGuest(Traffic traffic) {
        return lab.start("vlink-guest",
                cores.guest(withOptions(List.of(lab.program("vlink-guest"), "echo", "--vfio-user", socket, "--burst",
                        Integer.toString(traffic.burst()), "--idle", "spin"))));
    }

    private ManagedProcess startHost(Traffic traffic, double seconds) {
        List<String> command = new ArrayList<>(List.of(lab.program("bench"), "--host-side"));
        command.addAll(List.of("--link", shape.linkNames(), "--run-dir", lab.runDirectory().toString(), "--window",
                Integer.toString(traffic.window()), "--burst", Integer.toString(traffic.burst()), "--size",
                Integer.toString(traffic.frameBytes()), "--warm", Double.toString(warmSeconds), "--seconds",
                Double.toString(seconds)));
        return lab.start("bench-host", cores.host(withOptions(command)));
    }

    private List<String> withOptions(List<String> command) {
        if (shape.checked()) {
            return command;
        }
        List<String> unchecked = new ArrayList<>(
                List.of("env",
                        "VLINK_JAVA_OPTS=%s -D%s=off".formatted(System.getenv().getOrDefault("VLINK_JAVA_OPTS", ""),
                                Checks.PROPERTY)));
        unchecked.addAll(command);
        return unchecked;
    }
}
