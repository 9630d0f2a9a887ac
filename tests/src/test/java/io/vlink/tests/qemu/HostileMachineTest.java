// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.tests.lab.GuestVm;
import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.ManagedProcess;
import io.vlink.tests.lab.Pktgen;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A hostile program in a real VM, through /dev/uio0, while another program of the same VM echoes on another link. */
@RequiresQemu
class HostileMachineTest {
    private static final String LINKS = "bad 52:54:00:00:00:01 3\ngood 52:54:00:00:00:02 2 queue_size=256\n";

    private final GuestLab guestLab = new GuestLab(LINKS);

    @AfterEach
    void tearDown() {
        guestLab.close();
    }

    @Test
    void aHostileProgramInAMachineSpoilsItsOwnLinkAndNothingElse() {
        GuestVm vm = guestLab.boot("pc", "hostile1");
        ManagedProcess echo = guestLab.lab.start("vlink-echo",
                List.of(guestLab.lab.program("vlink-echo"), "--vdev=eth_vlink0,link=bad,mode=mq"));
        echo.awaitLine("it was ready", line -> line.startsWith("echo ready"), GuestLab.COMMAND_LIMIT);
        vm.startEcho("--link good");
        ManagedProcess pktgen = Pktgen.start(guestLab.lab, "good", "--duration", "8", "--timeout", "60");

        Map<String, Object> done = JsonLine.read(vm.run("vlink-guest torment --link bad --duration 5s --seed 7 --json"
                + " --attack " + attacksOnOneLink(vm), GuestLab.TRAFFIC_LIMIT).lines().toList().getLast());

        assertThat((Long) done.get("hostile")).as("%s", done).isGreaterThan(1_000);
        assertThat(done.get("recoveries")).isEqualTo(done.get("epochs"));
        Pktgen.Result good = Pktgen.finish(pktgen, GuestLab.TRAFFIC_LIMIT);
        assertThat(good.status()).as(good.errors()).isZero();
        assertThat(good.count("received")).isEqualTo(good.count("sent")).isPositive();
        assertThat(good.count("corrupt") + good.count("reordered") + good.count("duplicated")).isZero();
        assertThat(echo.isAlive()).isTrue();
        Map<String, Object> after = JsonLine
                .read(vm.run("vlink-guest pktgen --link bad --count 2000 --timeout 60 --json"
                        + " 2>/dev/null", GuestLab.TRAFFIC_LIMIT).lines().toList().getLast());
        assertThat(after).containsEntry("sent", 2_000L).containsEntry("lost", 0L).containsEntry("corrupt", 0L);
    }

    /** All that the program knows but a device reset, which ends the other link's epoch as well. */
    private static String attacksOnOneLink(GuestVm vm) {
        return String.join(",", vm.run("vlink-guest torment --attack list", GuestLab.COMMAND_LIMIT).lines()
                .map(line -> line.substring(0, line.indexOf(' '))).filter(name -> !name.equals("reset")).toList());
    }
}
