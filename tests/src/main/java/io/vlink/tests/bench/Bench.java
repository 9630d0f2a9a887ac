// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.bench.BenchPlan.Part;
import io.vlink.tests.bench.vm.VirtioNetComparison;
import io.vlink.tests.lab.AgentProcess;
import io.vlink.tests.lab.HugePageReservation;
import io.vlink.tests.lab.Lab;
import io.vlink.tests.lab.LabException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The measures, in order. One thread. */
final class Bench {
    private static final int REGION_PAGES = 512;
    /** Null where it could not be had. */
    private static final String TESTPMD = System.getenv("VLINK_TESTPMD");
    /** Seconds of measuring in a run whose system calls are counted. */
    private static final double TRACED_SECONDS = 1.5;

    private final Lab lab;
    private final BenchPlan plan;
    private final Progress progress = new Progress();
    private final Repeats repeats;
    private final Cores cores = new Cores(0, 1);
    private final Noise noise = new Noise();
    private final Placement placement = new Placement(cores);
    private final Pace pace;
    private final BenchReport report;
    private final Map<String, VlinkDomain> domains = new LinkedHashMap<>();
    private AgentProcess agent;

    Bench(Lab lab, BenchPlan plan) {
        this.lab = lab;
        this.plan = plan;
        repeats = new Repeats(progress, plan.repeatSeconds(), plan.hurrySeconds());
        pace = new Pace(cores, progress, plan.patienceSeconds(), plan.hurrySeconds());
        report = new BenchReport(Conditions.read(lab.home(), cores));
    }

    BenchReport run() {
        lab.keep(HugePageReservation.of(REGION_PAGES));
        HugePageReservation ofTestpmd = lab.keep(HugePageReservation.of(isTestpmdRun() ? TestpmdPair.ALL_PAGES : 0));
        agent = AgentProcess.start(lab, "--memory", "1G", "--page-size", "2M");
        for (Part part : plan.parts()) {
            switch (part) {
                case echo -> report.echo(compared("echo", BenchPlan.MAIN, echoes(BenchPlan.MAIN), plan.rounds()));
                case latency -> report.oneInFlight(oneInFlight());
                case spread -> spread();
                case warm -> warmPath();
                case sizes -> BenchPlan.grid().forEach(traffic -> report
                        .sizes(compared("echo", traffic, echoes(traffic), plan.sideRounds())));
                case oneway -> {
                    oneWay(Flow.TO_GUEST);
                    oneWay(Flow.TO_HOST);
                }
                case vm -> {
                    ofTestpmd.close(); // the virtual machine may need the memory
                    virtualMachine();
                }
            }
        }
        report.agentMemory(ProcessMemory.of(agent.process().pid()));
        report.end(noise, progress.seconds());
        return report;
    }

    private VlinkDomain domain(VlinkDomain.Shape shape) {
        return domains.computeIfAbsent(shape.name(),
                name -> new VlinkDomain(lab, agent, cores, shape, plan.warmSeconds()));
    }

    private VlinkPair vlink() {
        return new VlinkPair(domain(BenchPlan.ONE_LINK), "vlink");
    }

    private List<Contestant> echoes(Traffic traffic) {
        boolean jumbo = traffic.frameBytes() > BenchPlan.LARGEST_USUAL_FRAME;
        List<Contestant> contestants = new ArrayList<>(
                List.of(jumbo ? new VlinkPair(domain(BenchPlan.JUMBO), "vlink") : vlink()));
        addDpdk(contestants, Flow.ECHO);
        return contestants;
    }

    private void spread() {
        report.shapes(compared("spread", BenchPlan.MAIN, pairs(BenchPlan.SHAPES), plan.rounds()));
        if (!plan.moreShapes().isEmpty()) {
            List<VlinkDomain.Shape> shapes = new ArrayList<>(List.of(BenchPlan.ONE_LINK));
            shapes.addAll(plan.moreShapes());
            report.moreShapes(compared("more shapes", BenchPlan.MAIN, pairs(shapes), plan.sideRounds()));
            report.shortBursts(linksAlone("short bursts", BenchPlan.SHORT_BURSTS));
            report.fullBursts(linksAlone("full bursts", BenchPlan.FULL_BURSTS));
        }
    }

    /** With bursts of the same length, so that nothing but the links makes a difference. */
    private Comparison linksAlone(String label, Traffic traffic) {
        return compared(label, traffic, pairs(List.of(BenchPlan.ONE_LINK, BenchPlan.SIXTEEN_LINKS)), plan.sideRounds());
    }

    private List<Contestant> pairs(List<VlinkDomain.Shape> shapes) {
        List<Contestant> pairs = new ArrayList<>();
        shapes.forEach(shape -> pairs.add(new VlinkPair(domain(shape), shape.name())));
        return pairs;
    }

    private void oneWay(Flow flow) {
        List<Contestant> senders = new ArrayList<>(List.of(new OneWayPair(domain(BenchPlan.ONE_LINK), flow)));
        addDpdk(senders, flow);
        report.oneWay(compared(flow.label(), BenchPlan.MAIN, senders, plan.sideRounds()));
    }

    private boolean isTestpmdRun() {
        return plan.dpdk() && plan.isCompared() && TESTPMD != null;
    }

    private void addDpdk(List<Contestant> contestants, Flow flow) {
        if (!plan.dpdk() || TESTPMD == null) {
            String why = plan.dpdk()
                    ? System.getenv().getOrDefault("VLINK_TESTPMD_MISSING", "no testpmd: start this through bin/bench")
                    : "left out by --no-dpdk";
            report.leaveOut(Goal.vhostUser, why);
            report.leaveOut(Goal.memif, why);
            return;
        }
        for (TestpmdWire wire : TestpmdWire.values()) {
            contestants.add(new TestpmdPair(lab, cores, Path.of(TESTPMD), wire, flow, plan.warmSeconds() / 2));
        }
    }

    private Comparison compared(String title, Traffic traffic, List<Contestant> contestants, int rounds) {
        Comparison comparison = new Comparison(title, traffic, contestants, pace);
        for (int i = 0; i < rounds && (i == 0 || !isLate()); i++) {
            comparison.round(placement, plan.seconds(), repeats, progress);
        }
        return comparison;
    }

    private OneInFlight oneInFlight() {
        OneInFlight measure = new OneInFlight(vlink(), cores);
        for (int i = 0; i < plan.rounds() && (i == 0 || !isLate()); i++) {
            measure.round(plan.seconds(), repeats, progress);
        }
        return measure;
    }

    private boolean isLate() {
        return progress.seconds() > plan.hurrySeconds();
    }

    /** Where system calls cannot be counted the rest is measured all the same, and the reason is told. */
    private void warmPath() {
        WarmPath warm = new WarmPath();
        SystemCalls calls = new SystemCalls(lab);
        try {
            warm.add(Flow.ECHO, undisturbed(() -> traced(vlink(), calls)));
            if (plan.parts().contains(Part.oneway)) {
                for (Flow flow : List.of(Flow.TO_GUEST, Flow.TO_HOST)) {
                    OneWayPair stream = new OneWayPair(domain(BenchPlan.ONE_LINK), flow);
                    warm.add(flow, undisturbed(() -> traced(stream, calls)));
                }
            }
            warm.rows().forEach(row -> progress.say("warm path: " + row));
            report.warmPath(warm);
        } catch (LabException e) {
            System.err.print(e.logs());
            report.leaveOut(BenchReport.SYSTEM_CALLS, e.getMessage());
        }
    }

    private static Contestant.Run traced(Contestant contestant, SystemCalls calls) {
        try (Pair pair = contestant.start(BenchPlan.MAIN)) {
            pair.warm(contestant.warmSeconds());
            return pair.watched(TRACED_SECONDS, calls);
        }
    }

    /** Who has to share a core may not be warm when the warm-up is over: once more, if there is time. */
    private Contestant.Run undisturbed(Supplier<Contestant.Run> measure) {
        Contestant.Run run = measure.get();
        if (run.seen().runDelay() > Noise.RUN_DELAY_LIMIT && repeats.begin()) {
            run = measure.get();
            repeats.end();
        }
        return run;
    }

    /** A machine that cannot run the guest still has the other figures. */
    private void virtualMachine() {
        String missing = System.getenv("VLINK_VM_MISSING");
        if (missing != null) {
            report.leaveOut(Goal.vmToVirtioNet, missing);
            return;
        }
        // The guest's region is its own, and hugepages are reserved for one region.
        domains.keySet().forEach(name -> agent.vlinkctl("unregister", name));
        domains.clear();
        try {
            report.virtualMachine(VirtioNetComparison.run(lab, VirtioNetComparison.Plan.standard(), progress::say));
        } catch (LabException e) {
            System.err.print(e.logs());
            report.leaveOut(Goal.vmToVirtioNet, e.getMessage());
        }
    }
}
