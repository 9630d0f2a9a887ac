// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.infra.ring.Checks;
import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.ManagedProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A domain of the agent, and the programs of its two sides: a host process on one core, a guest process on the other that is
 * attached through the device socket. One thread.
 */
final class VlinkDomain {
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
     * @param options  what else a line of {@code link.config} says; may be empty
     */
    record Shape(String name, int links, int channels, boolean checked, String options) {
        private String linkNames() {
            List<String> names = new ArrayList<>();
            for (int i = 0; i < links; i++) {
                names.add(name + "-" + i);
            }
            return String.join(",", names);
        }

        private String linkConfig() {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < links; i++) {
                // Unique among the domains of the agent.
                int hash = name.hashCode();
                text.append("%s-%d 52:54:%02x:%02x:%02x:%02x %d %s%n".formatted(name, i, hash >>> 16 & 0xff,
                        hash >>> 8 & 0xff,
                        hash & 0xff, i + 1, channels + 1, options));
            }
            return text.toString();
        }
    }

    VlinkDomain(Lab lab, AgentProcess agent, Cores cores, Shape shape, double warmSeconds) {
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

    String name() {
        return shape.name();
    }

    /** {@return so long do its programs take to be as fast as they become, in seconds} */
    double warmSeconds() {
        return warmSeconds;
    }

    /** {@return a side that {@link SideProgram} runs, on the host} */
    ManagedProcess startHost(Class<? extends SideProgram> program, Traffic traffic, String... more) {
        return start("bench-host", cores::host, program, List.of("--run-dir", lab.runDirectory().toString()),
                sideOptions(traffic, more));
    }

    /** {@return a side that {@link SideProgram} runs, as a guest} */
    ManagedProcess startGuest(Class<? extends SideProgram> program, Traffic traffic, String... more) {
        return start("bench-guest", cores::guest, program, List.of("--vfio-user", socket),
                sideOptions(traffic, more));
    }

    /** {@return an echo as a guest; its bursts are of so many descriptors} */
    ManagedProcess startEcho(int burst) {
        return start("bench-guest", cores::guest, EchoGuestMain.class, List.of("echo", "--vfio-user", socket),
                List.of("--burst", Integer.toString(burst), "--idle", "spin"));
    }

    private List<String> sideOptions(Traffic traffic, String... more) {
        List<String> options = new ArrayList<>(List.of("--link", shape.linkNames(), "--burst",
                Integer.toString(traffic.burst()), "--size", Integer.toString(traffic.frameBytes())));
        options.addAll(List.of(more));
        return options;
    }

    private ManagedProcess start(String name, UnaryOperator<List<String>> tied, Class<?> program,
            List<String> side, List<String> options) {
        List<String> command = new ArrayList<>(unchecked());
        command.addAll(List.of(lab.program("bench"), "--side", program.getSimpleName()));
        command.addAll(side);
        command.addAll(options);
        return lab.keep(ManagedProcess.startInteractive(name, tied.apply(command),
                Map.of("VLINK_RUN_DIR", lab.runDirectory().toString())));
    }

    private List<String> unchecked() {
        return shape.checked()
                ? List.of()
                : List.of("env", "VLINK_JAVA_OPTS=%s -D%s=off".formatted(
                        System.getenv().getOrDefault("VLINK_JAVA_OPTS", ""), Checks.PROPERTY));
    }
}
