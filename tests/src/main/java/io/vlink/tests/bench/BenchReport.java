// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.bench.vm.VmComparison;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** What the bench found; what was left out is null. One thread. */
final class BenchReport {
    /** Name of the figure of system calls. */
    static final String SYSTEM_CALLS = "systemCalls";

    private static final double MICROS_PER_MILLI = 1_000;

    private final Map<String, Object> conditions;
    private final Map<Goal, Series> ratios = new EnumMap<>(Goal.class);
    private final Map<String, String> missing = new LinkedHashMap<>();
    private final List<Comparison> sizes = new ArrayList<>();
    private final List<Comparison> oneWay = new ArrayList<>();
    private final List<String> complaints = new ArrayList<>();
    private Comparison main;
    private Comparison shapes;
    private Comparison moreShapes;
    private Comparison shortBursts;
    private Comparison fullBursts;
    private OneInFlight oneInFlight;
    private WarmPath warmPath;
    private VmComparison virtualMachine;
    private ProcessMemory agent = new ProcessMemory(0, 0);
    private double seconds;

    BenchReport(Map<String, Object> conditions) {
        this.conditions = conditions;
    }

    /** Notes why a ratio is not there. */
    void leaveOut(Goal goal, String reason) {
        leaveOut(goal.name(), reason);
    }

    /** Notes why a figure is not there. */
    void leaveOut(String name, String reason) {
        missing.put(name, reason);
    }

    /** The closed loop that the goals are set for. */
    void echo(Comparison comparison) {
        main = comparison;
        addRatio(comparison, TestpmdWire.VHOST_USER.label(), Goal.vhostUser);
        addRatio(comparison, TestpmdWire.MEMIF.label(), Goal.memif);
    }

    private void addRatio(Comparison comparison, String contestant, Goal goal) {
        if (comparison.names().contains(contestant)) {
            ratios.put(goal, comparison.ratios(contestant));
        }
    }

    /** A closed loop with another frame size or window. */
    void sizes(Comparison comparison) {
        sizes.add(comparison);
    }

    /** A single packet beside bare cache lines. */
    void oneInFlight(OneInFlight measure) {
        oneInFlight = measure;
        ratios.put(Goal.oneInFlightToBounce, measure.ratios());
    }

    /** The same load over one link and over many; a packet's cost is the inverse of the rate. */
    void shapes(Comparison comparison) {
        shapes = comparison;
        addRatio(comparison, BenchPlan.SIXTEEN_LINKS.name(), Goal.links16To1);
        addRatio(comparison, BenchPlan.UNCHECKED.name(), Goal.checksOnOff);
    }

    /** The same over other numbers of links and channels. */
    void moreShapes(Comparison comparison) {
        moreShapes = comparison;
    }

    /** The same over one link and over many, in bursts that are as long for both: as many have on their way. */
    void shortBursts(Comparison comparison) {
        shortBursts = comparison;
    }

    /** The same over one link and over many, in bursts that are as long for both: as one has where goals are set. */
    void fullBursts(Comparison comparison) {
        fullBursts = comparison;
    }

    /** A stream in one direction. */
    void oneWay(Comparison comparison) {
        oneWay.add(comparison);
    }

    /** What the polling threads did besides moving packets. */
    void warmPath(WarmPath measure) {
        warmPath = measure;
    }

    /** The same guest over vlink and over virtio-net. */
    void virtualMachine(VmComparison comparison) {
        virtualMachine = comparison;
        ratios.put(Goal.vmToVirtioNet,
                new Series(comparison.rounds().stream().map(VmComparison.Round::ratio).toList()));
    }

    void agentMemory(ProcessMemory memory) {
        agent = memory;
    }

    /** Judges whether the ratios may be trusted; other rows say themselves whether they may. */
    void end(Noise noise, double duration) {
        complaints.addAll(noise.complaints());
        Stream.of(main, shapes).filter(Objects::nonNull).map(Noise::complaints).forEach(complaints::addAll);
        if (oneInFlight != null) {
            complaints.addAll(ofOneInFlight(oneInFlight.disturbedRounds(), oneInFlight.ratios()));
        }
        for (Goal goal : Goal.values()) {
            if (!ratios.containsKey(goal)) {
                missing.putIfAbsent(goal.name(), "left out by the options");
            }
        }
        seconds = duration;
    }

    /** A packet and its lines take their turns: where the processors are moved in between, near and far are compared. */
    static List<String> ofOneInFlight(int disturbedRounds, Series ratios) {
        List<String> complaints = new ArrayList<>(Noise.complaints("one in flight: ratios", ratios));
        if (disturbedRounds > 0) {
            complaints.add("one in flight: %d of its rounds were disturbed".formatted(disturbedRounds));
        }
        return complaints;
    }

    /** {@return all closed loops, that of the goals first} */
    List<Comparison> echoes() {
        return Stream.concat(Stream.ofNullable(main), sizes.stream()).toList();
    }

    List<Comparison> oneWay() {
        return oneWay;
    }

    /** {@return what the load was spread over, what goals are set for first} */
    List<Comparison> shapes() {
        return Stream.of(shapes, moreShapes, shortBursts, fullBursts).filter(Objects::nonNull).toList();
    }

    OneInFlight oneInFlight() {
        return oneInFlight;
    }

    WarmPath warmPath() {
        return warmPath;
    }

    VmComparison virtualMachine() {
        return virtualMachine;
    }

    ProcessMemory agent() {
        return agent;
    }

    Map<String, Object> conditions() {
        return conditions;
    }

    Map<Goal, Series> ratios() {
        return ratios;
    }

    Map<String, String> missing() {
        return missing;
    }

    List<String> complaints() {
        return complaints;
    }

    /** {@return runs of one link with one channel, there and back, all checks on} */
    private List<Contestant.Run> plainRuns() {
        return Stream.of(main, shapes).filter(Objects::nonNull)
                .flatMap(comparison -> comparison.runs(BenchPlan.ONE_LINK.name()).stream()).toList();
    }

    /** {@return the most bytes that a polling thread of either side has allocated while it was measured; null if none was} */
    Long bytesAllocated() {
        if (plainRuns().isEmpty() && warmPath == null) {
            return null;
        }
        double most = warmPath == null ? 0 : warmPath.bytesAllocated();
        for (Contestant.Run run : plainRuns()) {
            most = Math.max(most, Math.max(run.number(VlinkPair.HOST_BYTES), run.number(VlinkPair.GUEST_BYTES)));
        }
        return (long) most;
    }

    /** {@return the most system calls that a polling thread has made in a run; null if they were not counted} */
    Long systemCalls() {
        return warmPath == null ? null : warmPath.systemCalls();
    }

    /** {@return milliseconds from the start of the driver's program to its first packet; null if not measured} */
    Series startToFirstPacketMillis() {
        return ofPlainRuns(run -> run.number("startToFirstPacketMillis"));
    }

    /** {@return milliseconds from attaching to the link to the first packet, in a program that runs; null if not measured} */
    Series attachToFirstPacketMillis() {
        return ofPlainRuns(run -> run.number("attachToFirstPacketMicros") / MICROS_PER_MILLI);
    }

    private Series ofPlainRuns(ToDoubleFunction<Contestant.Run> number) {
        List<Double> numbers = plainRuns().stream().map(number::applyAsDouble).toList();
        return numbers.isEmpty() ? null : new Series(numbers);
    }

    /** {@return the charts by file name} */
    Map<String, String> charts() {
        String footer = "%s, kernel %s, JDK %s, DPDK %s, 2 MiB pages, %s, commit %s".formatted(conditions.get("cpu"),
                conditions.get("kernel"), Runtime.version().feature(), conditions.get("dpdk"), conditions.get("date"),
                conditions.get("commit"));
        Map<String, String> charts = new LinkedHashMap<>();
        if (!echoes().isEmpty()) {
            charts.put("echo.svg", EchoChart.of(echoes(), footer));
        }
        if (!ratios.isEmpty()) {
            charts.put("ratios.svg", RatioChart.of(ratios, footer));
        }
        return charts;
    }

    /** {@return the result as members of one JSON object} */
    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        Map<String, Object> medians = new LinkedHashMap<>();
        Map<String, Object> spreads = new LinkedHashMap<>();
        for (Goal goal : Goal.values()) {
            Series series = ratios.get(goal);
            medians.put(goal.name(), series == null ? null : series.median());
            spreads.put(goal.name(), json(series));
        }
        json.put("ratios", medians);
        json.put("bytesAllocated", bytesAllocated());
        json.put(SYSTEM_CALLS, systemCalls());
        json.put("noisy", !complaints.isEmpty());
        json.put("noise", complaints);
        json.put("missing", missing);
        json.put("ratioSpreads", spreads);
        json.put("echo", echoes().stream().map(Comparison::toJson).toList());
        json.put("oneWay", oneWay.stream().map(Comparison::toJson).toList());
        json.put("oneInFlight", oneInFlight == null ? null : oneInFlight.toJson());
        json.put("linksAndChannels", shapes == null ? null : shapes.toJson());
        json.put("moreLinksAndChannels", moreShapes == null ? null : moreShapes.toJson());
        json.put("linksInShortBursts", shortBursts == null ? null : shortBursts.toJson());
        json.put("linksInFullBursts", fullBursts == null ? null : fullBursts.toJson());
        json.put("warmPath", warmPath == null ? null : warmPath.toJson());
        json.put("systemCallsBy", warmPath == null ? null : SystemCalls.METHOD);
        json.put("virtualMachine", virtualMachine == null ? null : virtualMachine.toJson());
        json.put("startToFirstPacketMillis", json(startToFirstPacketMillis()));
        json.put("attachToFirstPacketMillis", json(attachToFirstPacketMillis()));
        json.put("agentResidentKib", agent.residentKib());
        json.put("agentHugepagesKib", agent.hugepagesKib());
        json.put("conditions", conditions);
        json.put("seconds", seconds);
        return json;
    }

    private static Map<String, Object> json(Series series) {
        return series == null ? null : series.toJson();
    }
}
