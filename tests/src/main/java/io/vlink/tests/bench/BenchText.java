// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.bench.vm.VmComparison;
import java.util.Locale;

/** A report for a person. */
final class BenchText {
    private final BenchReport report;
    private final StringBuilder text = new StringBuilder();

    private BenchText(BenchReport report) {
        this.report = report;
    }

    static String of(BenchReport report) {
        BenchText writer = new BenchText(report);
        writer.ratios();
        report.echo().forEach(comparison -> writer.rates("Closed-loop echo, " + comparison.traffic(), comparison));
        report.oneWay().forEach(
                comparison -> writer.rates("One way, " + comparison.title() + ", 64 bytes, burst 64", comparison));
        writer.rates("The same load over links and channels, " + report.shapes().traffic(), report.shapes());
        writer.virtualMachine();
        writer.oneInFlight();
        writer.rest();
        return writer.text.toString();
    }

    @SuppressWarnings("AnnotateFormatMethod") // the annotation would need a library of its own
    private void line(String format, Object... arguments) {
        text.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }

    private void ratios() {
        line("%n%-32s %8s  %-16s %6s  goal", "Ratio", "median", "min to max", "spread");
        for (Goal goal : Goal.values()) {
            Series series = report.ratios().get(goal.name());
            if (series == null) {
                line("%-32s %8s  %s", goal.label(), "-", report.missing().getOrDefault(goal.name(), "not measured"));
            } else {
                line("%-32s %8.2f  %-16s %5.1f%%  %s%s", goal.label(), series.median(),
                        "%.2f to %.2f".formatted(series.min(), series.max()), series.spread() * 100, goal.text(),
                        goal.isReachedBy(series.median()) ? "" : ": NOT reached");
            }
        }
    }

    private void rates(String title, Comparison comparison) {
        line("%n%s", title);
        line("  %-12s %9s  %-18s %8s %12s %12s", "", "Mpps", "min to max", "ns each", "host memory", "guest memory");
        line("  %d of %d rounds were quiet; a bare cache line there and back: %.0f ns (%.0f to %.0f)",
                comparison.quietRounds(), comparison.rounds(), comparison.lineNanos().median(),
                comparison.lineNanos().min(), comparison.lineNanos().max());
        for (String name : comparison.names()) {
            Series rates = comparison.rates(name);
            line("  %-12s %9.2f  %-18s %8.1f %12s %12s", name, rates.median() / 1e6,
                    "%.2f to %.2f".formatted(rates.min() / 1e6, rates.max() / 1e6), 1e9 / rates.median(),
                    memory(comparison.runs(name).getLast().host()), memory(comparison.runs(name).getLast().guest()));
        }
    }

    private static String memory(ProcessMemory memory) {
        return "%d+%d MiB".formatted(memory.residentKib() >> 10, memory.hugepagesKib() >> 10);
    }

    private void oneInFlight() {
        line("%nOne packet in flight, round trip");
        report.oneInFlight().nanos()
                .forEach((name, series) -> line("  %-18s %8.0f ns  (%.0f to %.0f)", name, series.median(),
                        series.min(), series.max()));
    }

    private void virtualMachine() {
        VmComparison vm = report.virtualMachine();
        if (vm != null) {
            line("%nEcho in a real VM (%s), %d bytes, window %d: vlink %.0f packets/s, virtio-net %.0f packets/s",
                    vm.accelerator(),
                    vm.frameBytes(), vm.window(), vm.medianVlinkPps(), vm.medianVirtioPps());
        }
    }

    private void rest() {
        line("%nDriver: %.0f ms from program start to first packet, %.1f ms from attach to first packet",
                report.startToFirstPacketMillis().median(), report.attachToFirstPacketMillis().median());
        line("Agent: %s. Memory is ordinary + hugepages touched.", memory(report.agent()));
        line("Host's polling thread: %d bytes allocated while measured", report.bytesAllocated());
        report.missing().forEach((name, reason) -> line("not measured: %s: %s", name, reason));
        report.complaints().forEach(complaint -> line("noisy: %s", complaint));
        if (report.complaints().isEmpty()) {
            line("The machine was quiet enough to judge.");
        }
        line("%s", report.conditions());
    }
}
