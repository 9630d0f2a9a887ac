// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.GuestVm;
import io.vlink.tests.lab.HugePageReservation;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.Lab;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** An agent with its 1 GiB of hugepages and a link.config, for tests that boot guests. Ends with its lab. */
final class GuestLab implements AutoCloseable {
    static final Duration COMMAND_LIMIT = Duration.ofMinutes(2);
    static final Duration TRAFFIC_LIMIT = Duration.ofMinutes(5);
    // Two domains, each alone in its trust group: two regions of 1 GiB.
    private static final long REGION_PAGES = 1_024;

    final Lab lab = Lab.create();
    AgentProcess agent;
    final Path linkConfig;

    GuestLab(String linkConfigText) {
        try {
            lab.keep(HugePageReservation.of(REGION_PAGES));
            startAgent();
            linkConfig = lab.write("link.config", linkConfigText);
        } catch (RuntimeException e) {
            lab.close();
            throw e;
        }
    }

    private void startAgent() {
        agent = AgentProcess.start(lab, "--memory", "1G", "--page-size", "2M");
    }

    /** Kills the agent and starts another one in the same run directory. */
    void restartAgent() {
        agent.process().signal("KILL");
        agent.process().awaitExit(COMMAND_LIMIT);
        startAgent();
    }

    GuestVm boot(String machine, String domain, String... extra) {
        GuestVm vm = GuestVm.boot(lab, new GuestVm.Plan(machine, "tcg", domain, linkConfig, List.of(extra)),
                System.out::println);
        vm.run("vlink-guest bind", COMMAND_LIMIT);
        return vm;
    }

    /** What the agent says of a domain; empty if it knows none of that name. */
    Map<?, ?> domain(String name) {
        return ((List<?>) agent.report().get("domains")).stream().<Map<?, ?>>map(domain -> (Map<?, ?>) domain)
                .filter(domain -> name.equals(domain.get("name"))).findFirst().orElse(Map.of());
    }

    /** What the guest's program says of the device. */
    static Map<String, Object> info(GuestVm vm) {
        return JsonLine.read(vm.run("vlink-guest info --json", COMMAND_LIMIT).lines().toList().getLast());
    }

    static void assertSameDevice(GuestVm vm, Map<String, Object> before) {
        Map<String, Object> now = info(vm);
        for (String fact : List.of("pci", "driver", "map", "kernel")) {
            assertThat(now.get(fact)).as(fact).isEqualTo(before.get(fact)).isNotNull();
        }
        assertThat((List<?>) now.get("links")).hasSameSizeAs((List<?>) before.get("links"));
    }

    @Override
    public void close() {
        lab.close();
    }
}
