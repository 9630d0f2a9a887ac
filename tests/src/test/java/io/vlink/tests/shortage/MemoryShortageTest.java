// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.shortage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.ManagedProcess;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Memory limits: what a control group allows, and a process's address space. */
class MemoryShortageTest {
    private static final Path GROUPS = Path.of("/sys/fs/cgroup");
    /** Room for the JVMs of an agent and its keeper and for a few regions of 128 MiB, and not for one of 1 GiB. */
    private static final long GROUP_BYTES = 768L << 20;
    private static final int DOMAINS = 8;
    /** All programs are alike in this, as the C library reserves address space for each thread and a JVM for its machine. */
    private static final String SMALL_JVM = "export MALLOC_ARENA_MAX=1 VLINK_JAVA_OPTS='-Xmx64m"
            + " -XX:CompressedClassSpaceSize=64m -XX:ReservedCodeCacheSize=48m'";
    /** KiB of address space beyond what a program has at its start: half of the GiB that it must not be able to map. */
    private static final long SPARE_KIB = 512 << 10;

    private final Scarcity scarcity = new Scarcity();
    private Path group;

    /** What the caches of classes map is another machine's measure. */
    @BeforeEach
    void startsWithoutCaches() {
        scarcity.lab().putEnvironment("VLINK_FAST_START", "no");
    }

    /** A limit under which a program starts, and cannot map a GiB: measured of an agent with a small region. */
    private static String shortOfAddressSpace() throws IOException {
        try (Scarcity other = new Scarcity()) {
            other.lab().putEnvironment("VLINK_FAST_START", "no");
            long pid = other.starts(SMALL_JVM, "--no-huge", "--memory", "16M").process().pid();
            String peak = Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                    .filter(line -> line.startsWith("VmPeak:")).findFirst().orElseThrow();
            long needKib = Long.parseLong(peak.replaceAll("[^0-9]", ""));
            System.out.println("address space of an agent: " + needKib + " KiB");
            return SMALL_JVM + "; ulimit -v " + (needKib + SPARE_KIB);
        }
    }

    @AfterEach
    void tearDown() {
        scarcity.close();
        if (group != null) {
            // Whoever was killed last is in it until the kernel is done with it.
            await().atMost(Scarcity.LIMIT).ignoreException(FileSystemException.class)
                    .until(() -> Files.deleteIfExists(group));
        }
    }

    /** Makes a group below this process's own, of version 1 or 2, whichever controls memory here. */
    private String limitedGroup() throws IOException {
        String own = Files.readAllLines(Path.of("/proc/self/cgroup")).stream()
                .filter(line -> line.contains(":memory:") || line.startsWith("0::")).sorted().toList().reversed()
                .getFirst();
        boolean first = own.contains(":memory:");
        Path parent = Path.of(GROUPS + (first ? "/memory" : "") + own.substring(own.lastIndexOf(':') + 1)).normalize();
        try {
            group = Files.createDirectory(parent.resolve("vlink-test-" + ProcessHandle.current().pid()));
            Files.writeString(group.resolve(first ? "memory.limit_in_bytes" : "memory.max"),
                    Long.toString(GROUP_BYTES));
        } catch (IOException e) {
            System.out.println("skipped: MemoryShortageTest: no control group with a memory limit: " + e.getMessage());
            assumeTrue(false, "no control group: " + e.getMessage());
        }
        return "echo $$ > " + group.resolve("cgroup.procs");
    }

    @Test
    void aRegionBeyondTheControlGroupsLimitIsRefusedAndNotKilledFor() throws IOException {
        String inGroup = limitedGroup();
        assertThat(scarcity.failsToStart(inGroup, "--no-huge", "--memory", "1G")).matches(
                "virt_compute: memory short: need=1G available=[0-9]+M: free some, or ask for less with --memory");
        AgentProcess agent = scarcity.starts(inGroup, "--no-huge", "--memory", "128M");
        String line = refusalOf(1);
        assertThat(line).isEmpty();
        for (int domain = 2; line.isEmpty() && domain <= DOMAINS; domain++) {
            line = refusalOf(domain);
        }
        assertThat(line).startsWith("vlinkctl: another region cannot be made: memory short: need=128M available=");
        assertThat(agent.vlinkctl("status")).anyMatch(row -> row.contains("vm1"));
    }

    private String config(int domain) {
        String text = "tap" + domain + " 52:54:00:00:00:0" + domain + " 2 queue_size=64\n";
        return "vm_domain=vm" + domain + ",init_config=" + scarcity.lab().write(domain + ".config", text);
    }

    /** The line of a registration that was refused; empty if it was not. */
    private String refusalOf(int domain) {
        ManagedProcess tool = scarcity.start(Scarcity.NONE, "vlinkctl", "register", config(domain));
        return tool.awaitExit(Scarcity.LIMIT) == 0 ? "" : tool.allLines().getFirst();
    }

    @Test
    void tooLittleAddressSpaceIsNamed() throws IOException {
        assertThat(scarcity.failsToStart(shortOfAddressSpace(), "--keeper=no", "--no-huge", "--memory",
                "1G")).contains(
                        "mmap failed: ENOMEM",
                        "ulimit -v");
        scarcity.startsWellAndStops("--no-huge", "--memory", "16M");
    }

    @Test
    void hostAndGuestProgramsThatCannotMapALinkSaySo() throws IOException {
        String limit = shortOfAddressSpace();
        AgentProcess agent = scarcity.starts(Scarcity.NONE, "--no-huge", "--memory", "1G");
        String socket = agent.vlinkctl("register", config(1)).getLast();
        for (List<String> command : List.of(List.of("pktgen", "--vdev=eth_vlink0,link=tap1,mode=mq"),
                List.of("vlink-echo", "--vdev=eth_vlink0,link=tap1,mode=mq"),
                List.of("vlink-guest", "info", "--vfio-user", socket))) {
            assertThat(scarcity.fails(limit, command.getFirst(),
                    command.subList(1, command.size()).toArray(String[]::new)))
                    .startsWith(command.getFirst() + ": ").contains("mmap failed: ENOMEM", "ulimit -v");
        }
    }
}
