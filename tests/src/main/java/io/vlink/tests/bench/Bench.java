// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.bench.vm.VirtioNetComparison;
import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.HugePageReservation;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The measures, in order. One thread. */
final class Bench {
    private static final int REGION_PAGES = 512;

    private final Lab lab;
    private final BenchPlan plan;
    private final Repeats repeats;
    private final Progress progress = new Progress();
    private final Cores cores = new Cores(0, 1);
    private final Noise noise = new Noise();
    private final Placement placement = new Placement(cores);

    Bench(Lab lab, BenchPlan plan) {
        this.lab = lab;
        this.plan = plan;
        repeats = new Repeats(progress, plan.repeatSeconds());
    }

    BenchReport run() {
        BenchReport report = new BenchReport(Conditions.read(lab.home(), cores));
        lab.keep(HugePageReservation.of(REGION_PAGES + (plan.dpdk() ? TestpmdPair.PAGES : 0)));
        AgentProcess agent = AgentProcess.start(lab, "--memory", "1G", "--page-size", "2M");
        List<Contestant> shapes = new ArrayList<>();
        for (VlinkPair.Shape shape : plan.shapes()) {
            shapes.add(new VlinkPair(lab, agent, cores, shape, plan.warmSeconds()));
        }
        VlinkPair vlink = (VlinkPair) shapes.getFirst();
        List<Contestant> contestants = new ArrayList<>(List.of(vlink));
        addDpdk(contestants, TestpmdPair.Flow.ECHO, report);
        report.echo(compared("echo", BenchPlan.MAIN, contestants, plan.rounds()));
        report.oneInFlight(oneInFlight(vlink));
        report.shapes(compared("spread", BenchPlan.MAIN, shapes, plan.sideRounds()));
        for (Traffic traffic : plan.grid()) {
            report.echo(compared("echo", traffic, contestants, plan.sideRounds()));
        }
        if (plan.oneWay()) {
            for (TestpmdPair.Flow flow : List.of(TestpmdPair.Flow.TO_GUEST, TestpmdPair.Flow.TO_HOST)) {
                List<Contestant> senders = new ArrayList<>(List.of(new OneWayPair(lab, cores, vlink,
                        flow == TestpmdPair.Flow.TO_GUEST, plan.warmSeconds())));
                addDpdk(senders, flow, report);
                report.oneWay(compared(flow.label(), BenchPlan.MAIN, senders, plan.sideRounds()));
            }
        }
        virtualMachine(report);
        leaveOut(report);
        report.agentMemory(ProcessMemory.of(agent.process().pid()));
        report.end(noise, progress.seconds());
        return report;
    }

    private Comparison compared(String title, Traffic traffic, List<Contestant> contestants, int rounds) {
        Comparison comparison = new Comparison(title, traffic, contestants);
        for (int i = 0; i < rounds; i++) {
            comparison.round(placement, plan.seconds(), repeats, progress);
        }
        return comparison;
    }

    private OneInFlight oneInFlight(VlinkPair vlink) {
        OneInFlight measure = new OneInFlight(vlink, cores);
        for (int i = 0; i < plan.sideRounds(); i++) {
            measure.round(placement, plan.seconds(), repeats, progress);
        }
        return measure;
    }

    private void addDpdk(List<Contestant> contestants, TestpmdPair.Flow flow, BenchReport report) {
        String testpmd = System.getenv("VLINK_TESTPMD");
        if (!plan.dpdk() || testpmd == null) {
            String why = plan.dpdk()
                    ? System.getenv().getOrDefault("VLINK_TESTPMD_MISSING", "no testpmd: start this through bin/bench")
                    : "left out by --no-dpdk";
            report.leaveOut("vhostUser", why);
            report.leaveOut("memif", why);
            return;
        }
        for (TestpmdPair.Wire wire : TestpmdPair.Wire.values()) {
            contestants.add(new TestpmdPair(lab, cores, Path.of(testpmd), wire, flow, plan.warmSeconds() / 2));
        }
    }

    /** A machine that cannot run the guest still has the other figures. */
    private void virtualMachine(BenchReport report) {
        if (!plan.virtualMachine()) {
            report.leaveOut(Goal.vmToVirtioNet.name(), "left out by --quick or --no-vm");
            return;
        }
        try {
            report.virtualMachine(VirtioNetComparison.run(lab, VirtioNetComparison.Plan.standard(), progress::say));
        } catch (LabException e) {
            System.err.print(e.logs());
            report.leaveOut(Goal.vmToVirtioNet.name(), e.getMessage());
        }
    }

    /** What the program cannot do yet is said, so that a null never has to be guessed at. */
    private static void leaveOut(BenchReport report) {
        report.leaveOut("echo9000", "the pairs do not run with frames larger than a buffer yet");
    }
}
