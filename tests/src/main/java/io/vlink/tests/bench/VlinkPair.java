// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

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
    private static final String LINK = "bench0";

    private final Lab lab;
    private final Cores cores;
    private final String socket;
    private final double warmSeconds;

    VlinkPair(Lab lab, AgentProcess agent, Cores cores, double warmSeconds) {
        this.lab = lab;
        this.cores = cores;
        this.warmSeconds = warmSeconds;
        Path linkConfig = lab.write("link.config", LINK + " 52:54:00:00:00:01 2\n");
        socket = agent.vlinkctl("register", "vm_domain=bench,init_config=" + linkConfig).getLast();
    }

    @Override
    public String name() {
        return "vlink";
    }

    @Override
    public Run run(Traffic traffic, double seconds) {
        try (ManagedProcess guest = startGuest(traffic)) {
            guest.awaitLine("it was ready to echo", line -> line.contains("echo ready"), START_LIMIT);
            try (ManagedProcess host = startHost(traffic, seconds)) {
                host.awaitLine("it was measuring", EchoBounceMain.MEASURING::equals, START_LIMIT);
                RunDelay delay = new RunDelay(host.pid(), guest.pid());
                delay.begin();
                Pause.seconds(seconds * 0.9);
                double worst = delay.worst();
                if (host.awaitExit(START_LIMIT) != 0) {
                    throw new LabException("the host's side failed", host.tail(10));
                }
                Map<String, Object> result = JsonLine.read(host.outputLines().getLast());
                return new Run(((Number) result.get("pps")).doubleValue(), worst, result);
            }
        }
    }

    private ManagedProcess startGuest(Traffic traffic) {
        return lab.start("vlink-guest",
                cores.guest(List.of(lab.program("vlink-guest"), "echo", "--vfio-user", socket, "--burst",
                        Integer.toString(traffic.burst()), "--idle", "spin")));
    }

    private ManagedProcess startHost(Traffic traffic, double seconds) {
        List<String> command = new ArrayList<>(List.of(lab.program("bench"), "--host-side"));
        command.addAll(List.of("--link", LINK, "--run-dir", lab.runDirectory().toString(), "--window",
                Integer.toString(traffic.window()), "--burst", Integer.toString(traffic.burst()), "--size",
                Integer.toString(traffic.frameBytes()), "--warm", Double.toString(warmSeconds), "--seconds",
                Double.toString(seconds)));
        return lab.start("bench-host", cores.host(command));
    }
}
