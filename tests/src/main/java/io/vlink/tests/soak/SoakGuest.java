// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.soak;

import io.vlink.tests.lab.GuestVm;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.ManagedProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The guest's side of the link, with an echo on it. One thread. */
interface SoakGuest {
    /** How long a guest may take to be back. */
    Duration LIMIT = Duration.ofMinutes(5);

    /** Kills a part of it and starts that again; the echo is there when this returns. */
    void strike(Victim victim);

    /** A guest without a VM: the guest's program on the device socket. */
    final class Local implements SoakGuest {
        private final Lab lab;
        private final String socket;
        private ManagedProcess echo;

        Local(Lab lab, String socket) {
            this.lab = lab;
            this.socket = socket;
            start();
        }

        private void start() {
            echo = lab.start("vlink-guest", List.of(lab.program("vlink-guest"), "echo", "--vfio-user", socket));
            echo.awaitLine("it was ready", line -> line.startsWith("echo ready"), LIMIT);
        }

        @Override
        public void strike(Victim victim) {
            echo.signal("KILL");
            echo.awaitExit(LIMIT);
            start();
        }
    }

    /** A guest in a VM under a stock QEMU. */
    final class InVm implements SoakGuest {
        private static final List<String> MAY_RESET = List.of("-action", "reboot=reset");
        private final Lab lab;
        private GuestVm.Plan plan;
        private GuestVm vm;

        InVm(Lab lab, String accelerator, String domain, Path linkConfig) {
            this.lab = lab;
            this.plan = new GuestVm.Plan("pc", accelerator, domain, linkConfig, MAY_RESET);
            boot();
        }

        private void boot() {
            vm = GuestVm.boot(lab, plan, System.err::println);
            // What did not run once is not tried again.
            plan = new GuestVm.Plan(plan.machine(), vm.accelerator(), plan.domain(), plan.linkConfig(), plan.extra());
            vm.startEcho("");
        }

        @Override
        public void strike(Victim victim) {
            switch (victim) {
                case GUEST_PROGRAM -> {
                    vm.stopEcho("KILL");
                    vm.startEcho("");
                }
                case GUEST_REBOOT -> {
                    vm.reset();
                    vm.startEcho("");
                }
                default -> {
                    vm.qemu().signal("KILL");
                    vm.qemu().awaitExit(LIMIT);
                    vm.close();
                    boot();
                }
            }
        }
    }
}
