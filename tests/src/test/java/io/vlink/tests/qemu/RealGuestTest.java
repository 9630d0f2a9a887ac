// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.tests.lab.GuestShell;
import io.vlink.tests.lab.GuestVm;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.ManagedProcess;
import io.vlink.tests.lab.Pktgen;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A real guest: stock QEMU, machine pc, Debian's kernel, uio_pci_generic. One boot for all tests of this class. */
@RequiresQemu
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RealGuestTest {
    private static final Duration LIMIT = GuestLab.COMMAND_LIMIT;
    private static final String TWO_LINKS = "tap123 52:54:00:00:00:01 3\ntap456 52:54:00:00:00:02 2 queue_size=256\n";
    private static final Duration PAUSE = Duration.ofSeconds(Integer.getInteger("vlink.pauseSeconds", 2));

    private GuestLab guestLab;
    private GuestVm vm;

    @BeforeAll
    void boot() {
        guestLab = new GuestLab(TWO_LINKS);
        vm = guestLab.boot("pc", "testvm1");
    }

    @AfterAll
    void tearDown() {
        guestLab.close();
    }

    private void assertPerfect(Pktgen.Result result, long packets) {
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(result.count("sent")).isEqualTo(packets);
        assertThat(result.count("received")).isEqualTo(packets);
        assertThat(List.of(result.count("lost"), result.count("corrupt"), result.count("duplicated"),
                result.count("reordered"))).containsOnly(0L);
    }

    @Test
    void lspciShowsTheGoldenText() {
        assertGoldenText(vm, "pc");
    }

    private static void assertGoldenText(GuestVm guest, String machine) {
        try (InputStream file = RealGuestTest.class.getResourceAsStream("/lspci-" + machine + ".txt")) {
            String golden = new String(file.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(guest.run("lspci -nn -vv -d cccc:2222 2>/dev/null", LIMIT))
                    .isEqualToIgnoringNewLines(golden.strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void infoNamesTheDeviceTheDriverAndTheWayOfMapping() {
        Map<String, Object> info = GuestLab.info(vm);
        assertThat(info).containsEntry("pci", "cccc:2222").containsEntry("driver", "uio_pci_generic")
                .containsEntry("map", "uio");
        assertThat(info.get("kernel")).isEqualTo(vm.run("uname -r", LIMIT));
        assertThat((List<?>) info.get("links")).hasSize(2);
    }

    @Test
    void bindingTwiceIsHarmless() {
        assertThat(vm.shell().run("vlink-guest bind", LIMIT).status()).isZero();
    }

    @Test
    void anUnknownLinkIsOneClearLine() {
        GuestShell.Result result = vm.shell().run("vlink-guest echo --link nosuch", LIMIT);
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.output().lines()).hasSize(1);
        assertThat(result.output()).contains("nosuch").contains("tap123");
    }

    @Test
    void aDeviceThatIsNotThereIsOneClearLine() {
        GuestShell.Result result = vm.shell().run("vlink-guest info --device 0000:00:1f.7", LIMIT);
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.output().lines()).hasSize(1);
        assertThat(result.output()).contains("0000:00:1f.7");
    }

    @Test
    void echoAnswersOnBothLinksAndSurvivesBeingKilled() {
        vm.startEcho("");
        assertPerfect(Pktgen.run(guestLab.lab, "tap123", GuestLab.TRAFFIC_LIMIT, "--count", "200000"), 200_000);
        assertPerfect(Pktgen.run(guestLab.lab, "tap456", GuestLab.TRAFFIC_LIMIT, "--count", "50000", "--size", "1500",
                "--window", "128"), 50_000);
        vm.stopEcho("KILL");
        vm.startEcho("");
        assertPerfect(Pktgen.run(guestLab.lab, "tap123", GuestLab.TRAFFIC_LIMIT, "--count", "100000"), 100_000);
        assertThat(vm.stopEcho("TERM")).contains("tap123");
    }

    @Test
    void aGuestThatIsKilledTakesItsLinksDownAndTheSameCommandLineBringsThemBack() {
        GuestVm second = secondGuest();
        second.startEcho("");
        ManagedProcess pktgen = Pktgen.start(guestLab.lab, "other1", "--duration", "120");
        Awaitility.await().atMost(LIMIT).until(() -> linkCounter("other1", "tx_packets") > 10_000);
        second.qemu().signal("KILL");
        Pktgen.Result result = Pktgen.finish(pktgen, LIMIT);
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.errors()).contains("other1").contains("down");

        GuestVm third = secondGuest();
        third.startEcho("");
        assertPerfect(Pktgen.run(guestLab.lab, "other1", GuestLab.TRAFFIC_LIMIT, "--count", "50000"), 50_000);
        third.qemu().close();
    }

    @Test
    void nothingIsLostWhileTheWholeMachineStandsStill() throws InterruptedException {
        vm.startEcho("");
        ManagedProcess pktgen = startTraffic();
        vm.qemu().signal("STOP");
        Thread.sleep(PAUSE); // the pause is what is tested
        vm.qemu().signal("CONT");
        assertNothingIsLost(pktgen);
        assertThat(vm.stopEcho("TERM")).contains("is up: epochs=1").doesNotContain("epochs=2");
    }

    @Test
    void theGuestsClockMayBeSteppedByAnHourForthAndBack() {
        vm.startEcho("");
        ManagedProcess pktgen = startTraffic();
        for (String seconds : List.of("+ 3600", "- 7200", "+ 3600")) {
            vm.run("date -s @$(( $(date +%s) " + seconds + " ))", LIMIT);
            assertPasses(1_000);
        }
        assertNothingIsLost(pktgen);
        assertThat(vm.stopEcho("TERM")).contains("is up: epochs=1").doesNotContain("epochs=2");
    }

    /** The pages that a program has mapped stay, and so do the device's registers: it notices nothing. */
    @Test
    void theGuestsDriverMayBeUnboundAndBoundUnderAProgramAndBetweenTwo() {
        vm.startEcho("");
        ManagedProcess pktgen = startTraffic();
        unbindAndBind();
        assertNothingIsLost(pktgen);
        assertThat(vm.stopEcho("TERM")).contains("is up: epochs=1").doesNotContain("epochs=2");

        unbindAndBind();
        vm.startEcho("");
        assertPerfect(Pktgen.run(guestLab.lab, "tap123", GuestLab.TRAFFIC_LIMIT, "--count", "50000"), 50_000);
        vm.stopEcho("TERM");
    }

    private void unbindAndBind() {
        vm.run("cd /sys/bus/pci/drivers/uio_pci_generic && echo 0000:* >unbind && ! ls -d 0000:*", LIMIT);
        vm.run("vlink-guest bind", LIMIT);
        vm.run("ls -d /sys/bus/pci/drivers/uio_pci_generic/0000:*", LIMIT);
    }

    private ManagedProcess startTraffic() {
        ManagedProcess pktgen = Pktgen.start(guestLab.lab, "tap123", "--timeout", "120");
        assertPasses(10_000);
        return pktgen;
    }

    /** So many packets go out, and what was sent comes back. */
    private void assertPasses(long packets) {
        long before = linkCounter("tap123", "tx_packets");
        Awaitility.await().atMost(LIMIT)
                .until(() -> linkCounter("tap123", "tx_packets") >= Math.max(before, 0) + packets);
    }

    private void assertNothingIsLost(ManagedProcess pktgen) {
        assertPasses(1_000);
        pktgen.signal("INT");
        Pktgen.Result result = Pktgen.finish(pktgen, LIMIT);
        assertPerfect(result, result.count("sent"));
        assertThat(result.count("sent")).isPositive();
    }

    private GuestVm secondGuest() {
        GuestVm other = GuestVm.boot(guestLab.lab, new GuestVm.Plan("q35", "tcg", "testvm2",
                guestLab.lab.write("other.config", "other1 52:54:00:00:01:01 2\n"), List.of()), System.out::println);
        other.run("vlink-guest bind", LIMIT);
        assertGoldenText(other, "q35");
        assertThat(other.run("vlink-guest info --json", LIMIT)).contains("\"map\":\"sysfs\"");
        return other;
    }

    private long linkCounter(String link, String counter) {
        String report = JsonLine.write(guestLab.agent.report());
        int at = report.indexOf("\"" + link + "\"");
        int value = at < 0 ? -1 : report.indexOf("\"" + counter + "\":", at);
        if (value < 0) {
            return -1;
        }
        int start = value + counter.length() + 3;
        int end = start;
        while (Character.isDigit(report.charAt(end))) {
            end++;
        }
        return Long.parseLong(report.substring(start, end));
    }
}
