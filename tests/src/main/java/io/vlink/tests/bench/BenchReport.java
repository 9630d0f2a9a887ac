// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.bench.vm.VmComparison;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the bench found. One thread. */
final class BenchReport {
    private final Map<String, Object> conditions;
    private final Map<String, Series> ratios = new LinkedHashMap<>();
    private final Map<String, String> missing = new LinkedHashMap<>();
    private final List<Comparison> echo = new ArrayList<>();
    private final List<Comparison> oneWay = new ArrayList<>();
    private OneInFlight oneInFlight;
    private Comparison shapes;
    private VmComparison virtualMachine;
    private ProcessMemory agent = new ProcessMemory(0, 0);
    private List<String> complaints = List.of();
    private double seconds;

    BenchReport(Map<String, Object> conditions) {
        this.conditions = conditions;
    }

    /** Notes why a figure is not there. */
    void leaveOut(String name, String reason) {
        missing.put(name, reason);
    }

    /** A comparison of closed loops; the first one is the main one. */
    void echo(Comparison comparison) {
        echo.add(comparison);
        if (echo.size() == 1) {
            addRatio(comparison, "vhost-user", "vhostUser");
            addRatio(comparison, "memif", "memif");
        }
    }

    private void addRatio(Comparison comparison, String contestant, String ratio) {
        if (comparison.names().contains(contestant)) {
            ratios.put(ratio, comparison.ratios(contestant));
        }
    }

    void oneInFlight(OneInFlight measure) {
        oneInFlight = measure;
        ratios.put("oneInFlightToBounce", measure.ratios());
    }

    /** The same load over one link and over many; a packet's cost is the inverse of the rate. */
    void shapes(Comparison comparison) {
        shapes = comparison;
        addRatio(comparison, "links16", "links16To1");
        addRatio(comparison, "unchecked", "checksOnOff");
    }

    /** A stream in one direction. */
    void oneWay(Comparison comparison) {
        oneWay.add(comparison);
    }

    /** The same guest over vlink and over virtio-net. */
    void virtualMachine(VmComparison comparison) {
        virtualMachine = comparison;
        ratios.put(Goal.vmToVirtioNet.name(),
                new Series(comparison.rounds().stream().map(VmComparison.Round::ratio).toList()));
    }

    /** {@return the guest's comparison; null if there was none} */
    VmComparison virtualMachine() {
        return virtualMachine;
    }

    void agentMemory(ProcessMemory memory) {
        agent = memory;
    }

    void end(Noise noise, double duration) {
        List<Comparison> all = new ArrayList<>(echo);
        all.addAll(oneWay);
        all.add(shapes);
        complaints = new ArrayList<>(noise.complaints(all));
        if (oneInFlight.disturbedRounds() > 0) {
            complaints.add("one in flight: %d of its rounds were disturbed".formatted(oneInFlight.disturbedRounds()));
        }
        seconds = duration;
    }

    Comparison main() {
        return echo.getFirst();
    }

    List<Comparison> echo() {
        return echo;
    }

    List<Comparison> oneWay() {
        return oneWay;
    }

    Comparison shapes() {
        return shapes;
    }

    OneInFlight oneInFlight() {
        return oneInFlight;
    }

    ProcessMemory agent() {
        return agent;
    }

    Map<String, Object> conditions() {
        return conditions;
    }

    Map<String, Series> ratios() {
        return ratios;
    }

    Map<String, String> missing() {
        return missing;
    }

    List<String> complaints() {
        return complaints;
    }

    /** {@return bytes that the host's polling thread allocated while it was measured, the most of all runs} */
    long bytesAllocated() {
        return (long) main().runs("vlink").stream().mapToDouble(run -> run.number("bytesAllocated")).max().orElse(-1);
    }

    /** {@return milliseconds from the start of the driver's program to its first packet} */
    Series startToFirstPacketMillis() {
        return main().series("vlink", run -> run.number("startToFirstPacketMillis"));
    }

    /** {@return milliseconds from attaching to the link to the first packet, in a program that runs} */
    Series attachToFirstPacketMillis() {
        return main().series("vlink", run -> run.number("attachToFirstPacketMicros") / 1_000);
    }

    /** {@return the charts by file name} */
    Map<String, String> charts() {
        String footer = "%s, kernel %s, JDK %s, DPDK %s, 2 MiB pages, %s, commit %s".formatted(conditions.get("cpu"),
                conditions.get("kernel"), Runtime.version().feature(), conditions.get("dpdk"), conditions.get("date"),
                conditions.get("commit"));
        Map<String, Series> ordered = new LinkedHashMap<>();
        for (Goal goal : Goal.values()) {
            if (ratios.containsKey(goal.name())) {
                ordered.put(goal.name(), ratios.get(goal.name()));
            }
        }
        return Map.of("echo.svg", EchoChart.of(echo, footer), "ratios.svg", RatioChart.of(ordered, footer));
    }

    /** {@return the result as members of one JSON object} */
    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        Map<String, Object> medians = new LinkedHashMap<>();
        for (Goal goal : Goal.values()) {
            Series series = ratios.get(goal.name());
            medians.put(goal.name(), series == null ? null : series.median());
        }
        json.put("ratios", medians);
        json.put("bytesAllocated", bytesAllocated());
        json.put("noisy", !complaints.isEmpty());
        json.put("noise", complaints);
        json.put("missing", missing);
        Map<String, Object> spreads = new LinkedHashMap<>();
        ratios.forEach((name, series) -> spreads.put(name, series.toJson()));
        json.put("ratioSpreads", spreads);
        json.put("echo", echo.stream().map(Comparison::toJson).toList());
        json.put("oneWay", oneWay.stream().map(Comparison::toJson).toList());
        json.put("oneInFlight", oneInFlight.toJson());
        json.put("linksAndChannels", shapes.toJson());
        json.put("virtualMachine", virtualMachine == null ? null : virtualMachine.toJson());
        json.put("startToFirstPacketMillis", startToFirstPacketMillis().toJson());
        json.put("attachToFirstPacketMillis", attachToFirstPacketMillis().toJson());
        json.put("agentResidentKib", agent.residentKib());
        json.put("conditions", conditions);
        json.put("seconds", seconds);
        return json;
    }
}
