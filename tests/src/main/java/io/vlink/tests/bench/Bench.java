// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.HugePageReservation;
import io.vlink.tests.lab.Lab;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The measures, in order. One thread. */
final class Bench {
    private static final int REGION_PAGES = 512;
    private static final Traffic MAIN = new Traffic(64, 512, 64);

    private final Lab lab;
    private final BenchPlan plan;
    private final Progress progress = new Progress();
    private final Cores cores = new Cores(0, 1);

    Bench(Lab lab, BenchPlan plan) {
        this.lab = lab;
        this.plan = plan;
    }

    BenchReport run() {
        Noise noise = new Noise();
        BenchReport report = new BenchReport();
        lab.keep(HugePageReservation.of(REGION_PAGES + (plan.noDpdk() ? 0 : TestpmdPair.PAGES)));
        AgentProcess agent = AgentProcess.start(lab, "--memory", "1G", "--page-size", "2M");
        List<Contestant> contestants = new ArrayList<>();
        contestants.add(new VlinkPair(lab, agent, cores, plan.warmSeconds()));
        addDpdk(contestants, report);
        Comparison main = new Comparison(MAIN, contestants);
        for (int i = 0; i < plan.rounds(); i++) {
            main.round(plan.seconds(), progress);
        }
        report.main(main);
        report.noise(noise.complaints(List.of(main)));
        report.seconds(progress.seconds());
        return report;
    }

    private void addDpdk(List<Contestant> contestants, BenchReport report) {
        String testpmd = System.getenv("VLINK_TESTPMD");
        if (plan.noDpdk() || testpmd == null) {
            String why = plan.noDpdk()
                    ? "left out by --no-dpdk"
                    : System.getenv().getOrDefault("VLINK_TESTPMD_MISSING", "no testpmd: start this through bin/bench");
            report.leaveOut("vhostUser", why);
            report.leaveOut("memif", why);
            return;
        }
        for (TestpmdPair.Wire wire : TestpmdPair.Wire.values()) {
            contestants.add(new TestpmdPair(lab, cores, Path.of(testpmd), wire, plan.warmSeconds() / 2));
        }
    }
}
