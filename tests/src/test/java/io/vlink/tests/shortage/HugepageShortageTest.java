// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.shortage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vlink.infra.os.HugePages;
import io.vlink.infra.os.PageSize;
import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.HugePageReservation;
import io.vlink.tests.lab.LabException;
import io.vlink.tests.lab.ManagedProcess;
import io.vlink.tests.lab.Pktgen;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Hugepages that are not there, at the start or later: one line, and what runs goes on. */
class HugepageShortageTest {
    private static final long BIGGEST_REGION_PAGES = 32_768;

    private final Scarcity scarcity = new Scarcity();
    private long addedGigabytes;

    @AfterEach
    void tearDown() {
        try {
            scarcity.close();
        } finally {
            giveBack();
        }
    }

    /** A page that a process still has goes when that process has ended. */
    private void giveBack() {
        if (addedGigabytes <= 0) {
            return;
        }
        long left = Math.max(0, HugePages.total(PageSize.HUGE_1G) - addedGigabytes);
        try {
            Files.writeString(HugePages.control(PageSize.HUGE_1G), Long.toString(left));
            await().pollDelay(Duration.ZERO).atMost(Scarcity.LIMIT)
                    .until(() -> HugePages.total(PageSize.HUGE_1G) <= left);
        } catch (IOException | ConditionTimeoutException e) {
            throw new LabException("a 1 GiB page could not be given back: run \"echo " + left + " > "
                    + HugePages.control(PageSize.HUGE_1G) + "\" as root: " + e.getMessage(), "");
        }
    }

    /** Changes the pool of 1 GiB pages, which hardly anybody else uses; returns how many came. */
    private static long oneGigabyteMore() throws IOException {
        long before = HugePages.total(PageSize.HUGE_1G);
        Files.writeString(HugePages.control(PageSize.HUGE_1G), Long.toString(before + 1));
        return HugePages.total(PageSize.HUGE_1G) - before;
    }

    private static void assume(boolean condition, String why) {
        if (!condition) {
            System.out.println("skipped: HugepageShortageTest: " + why);
        }
        assumeTrue(condition, why);
    }

    @Test
    void tooFewAtTheStartAreNamedWithTheCommandThatMendsIt() {
        long total = HugePages.total(PageSize.HUGE_2M);
        assume(HugePages.isSupported(PageSize.HUGE_2M) && total < BIGGEST_REGION_PAGES,
                "there are 64 GiB of hugepages");
        for (String page : List.of("auto", "2M")) {
            assertThat(scarcity.failsToStart(Scarcity.NONE, "--memory", "64G", "--page-size", page)).matches(
                    "virt_compute: hugepages short: need=32768 free=[0-9]+ page=2M: run \"echo [0-9]+ > \\S+/nr_hugepages\""
                            + " as root, or start with --no-huge");
        }
        if (HugePages.free(PageSize.HUGE_1G) < 64) {
            assertThat(scarcity.failsToStart(Scarcity.NONE, "--memory", "64G", "--page-size", "1G"))
                    .startsWith("virt_compute: hugepages ");
        }
        try (HugePageReservation reserved = reservation()) {
            assertThat(reserved).isNotNull();
            scarcity.startsWellAndStops("--memory", "16M", "--page-size", "2M");
        }
    }

    private static HugePageReservation reservation() {
        try {
            return HugePageReservation.of(8);
        } catch (LabException none) {
            assume(false, none.getMessage());
            throw none;
        }
    }

    @Test
    void whatTheAgentHasNobodyTakesAwayAndASecondGroupThatFindsNoneIsRefused() throws IOException {
        Scarcity.requireRoot("the pool of 1 GiB pages has to be changed");
        assume(HugePages.isSupported(PageSize.HUGE_1G) && HugePages.total(PageSize.HUGE_1G) == 0,
                "no 1 GiB pages here, or somebody uses them");
        addedGigabytes = oneGigabyteMore();
        assume(addedGigabytes == 1, "the kernel finds no contiguous GiB");
        AgentProcess agent = scarcity.starts(Scarcity.NONE, "--memory", "1G", "--page-size", "1G");
        assertThat(HugePages.free(PageSize.HUGE_1G)).as("taken before anybody attaches").isZero();
        String config = scarcity.lab().write("1.config", "tap1 52:54:00:00:00:01 2\n").toString();
        String other = scarcity.lab().write("2.config", "tap2 52:54:00:00:00:02 2\n").toString();
        String socket = agent.vlinkctl("register", "vm_domain=vm1,init_config=" + config).getLast();
        assertThat(scarcity.fails(Scarcity.NONE, "vlinkctl", "register", "vm_domain=vm2,init_config=" + other))
                .startsWith(
                        "vlinkctl: another region cannot be made: hugepages short: need=1 free=0 page=1G: run \"echo 2 > ");
        assertPacketsPass(socket);
        assertThat(agent.vlinkctl("status")).anyMatch(line -> line.contains("vm1"))
                .noneMatch(line -> line.contains("vm2"));
    }

    private void assertPacketsPass(String socket) {
        ManagedProcess echo = scarcity.start(Scarcity.NONE, "vlink-guest", "echo", "--vfio-user", socket);
        echo.awaitLine("it was ready", line -> line.startsWith("echo ready"), Scarcity.LIMIT);
        Pktgen.Result result = Pktgen.run(scarcity.lab(), "tap1", Scarcity.LIMIT, "--count", "10000");
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(result.count("received")).isEqualTo(10_000);
    }
}
