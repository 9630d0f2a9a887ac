// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.bench.vm.VmComparison;
import java.util.Locale;

/** A report for a person. */
final class BenchText {
    private static final String NAME_COLUMN = "  %-12s ";

    private final BenchReport report;
    private final StringBuilder text = new StringBuilder();

    private BenchText(BenchReport report) {
        this.report = report;
    }

    static String of(BenchReport report) {
        BenchText writer = new BenchText(report);
        writer.ratios();
        report.echoes().forEach(comparison -> writer.rates("Closed-loop echo, " + comparison.traffic(), comparison));
        report.oneWay().forEach(comparison -> writer.rates(
                "One way, %s, %d bytes, burst %d".formatted(comparison.title(), comparison.traffic().frameBytes(),
                        comparison.traffic().burst()),
                comparison));
        report.shapes().forEach(
                shapes -> writer.rates("The same load over links and channels (%s), %s".formatted(shapes.title(),
                        shapes.traffic()), shapes));
        writer.oneInFlight();
        writer.warmPath();
        writer.virtualMachine();
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
            Series series = report.ratios().get(goal);
            if (series == null) {
                line("%-32s %8s  %s", goal.label(), "-", report.missing().get(goal.name()));
            } else {
                line("%-32s %8.2f  %-16s %5.1f%%  %s%s", goal.label(), series.median(),
                        "%.2f to %.2f".formatted(series.min(), series.max()), series.spread() * 100, goal.text(),
                        goal.isReachedBy(series.median()) ? "" : ": NOT reached");
            }
        }
    }

    private void rates(String title, Comparison comparison) {
        line("%n%s", title);
        line("  %d of %d rounds were quiet; a bare cache line there and back: %.0f ns (%.0f to %.0f); "
                + "the processors were at %.0f %% of their pace",
                comparison.quietRounds(), comparison.rounds(), comparison.lineNanos().median(),
                comparison.lineNanos().min(), comparison.lineNanos().max(), comparison.pace().median() * 100);
        line(NAME_COLUMN + "%9s  %-18s %8s %9s %13s %13s", "", "Mpps", "min to max", "ns each", "vlink is",
                "host memory",
                "guest memory");
        String first = comparison.names().getFirst();
        for (String name : comparison.names()) {
            Series rates = comparison.rates(name);
            Seen seen = comparison.runs(name).getLast().seen();
            double lost = comparison.series(name, run -> run.number(TestpmdPair.LOST)).max();
            line(NAME_COLUMN + "%9.2f  %-18s %8.1f %9s %13s %13s%s", name, rates.median() / 1e6,
                    "%.2f to %.2f".formatted(rates.min() / 1e6, rates.max() / 1e6), 1e9 / rates.median(),
                    name.equals(first) ? "" : "%.2f x".formatted(comparison.ratios(name).median()),
                    memory(seen.host()), memory(seen.guest()),
                    lost > 0 ? "  lost %.0f of its window".formatted(lost) : "");
        }
        Noise.complaints(comparison).forEach(complaint -> line("  noisy: %s", complaint));
    }

    private static String memory(ProcessMemory memory) {
        return "%d+%d MiB".formatted(memory.residentKib() >> 10, memory.hugepagesKib() >> 10);
    }

    private void oneInFlight() {
        if (report.oneInFlight() != null) {
            line("%nOne packet in flight, round trip");
            report.oneInFlight().nanos().forEach((name, series) -> line("  %-18s %8.0f ns  (%.0f to %.0f)", name,
                    series.median(), series.min(), series.max()));
        }
    }

    private void warmPath() {
        if (report.warmPath() == null) {
            return;
        }
        line("%nThe polling threads while packets flowed: bytes allocated, and system calls (%s)", SystemCalls.METHOD);
        line("  %-14s %12s %12s %12s %12s", "", "host bytes", "guest bytes", "host calls", "guest calls");
        for (WarmPath.Row row : report.warmPath().rows()) {
            line("  %-14s %12d %12d %12d %12d  %s", row.flow(), row.hostBytes(), row.guestBytes(), row.hostCalls(),
                    row.guestCalls(), row.calls());
        }
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
        line("");
        if (report.startToFirstPacketMillis() != null) {
            line("Driver: %.0f ms from program start to first packet, %.1f ms from attach to first packet",
                    report.startToFirstPacketMillis().median(), report.attachToFirstPacketMillis().median());
        }
        line("Agent: %s. Memory is ordinary + hugepages touched.", memory(report.agent()));
        if (report.bytesAllocated() != null) {
            line("Allocated by a polling thread while it was measured, the most of all runs: %d bytes",
                    report.bytesAllocated());
        }
        if (report.missing().containsKey(BenchReport.SYSTEM_CALLS)) {
            line("System calls were not counted: %s", report.missing().get(BenchReport.SYSTEM_CALLS));
        }
        report.complaints().forEach(complaint -> line("noisy: %s", complaint));
        if (report.complaints().isEmpty() && !report.ratios().isEmpty()) {
            line("The machine was quiet enough to judge the ratios.");
        }
        line("%s", report.conditions());
    }
}
