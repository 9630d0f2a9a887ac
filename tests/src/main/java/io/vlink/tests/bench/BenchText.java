// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.Locale;
import java.util.Map;

/** A report for a person. */
final class BenchText {
    private static final Map<String, String> LABELS = Map.of("vhostUser", "vlink / vhost-user pair", "memif",
            "vlink / memif pair", "checksOnOff", "checks on / off", "oneInFlightToBounce",
            "one packet / bare cache lines",
            "links16To1", "cost of a packet, 16 links / 1", "vmToVirtioNet", "VM: vlink / virtio-net");
    private static final Map<String, String> GOALS = Map.of("vhostUser", ">= 4.0", "memif", ">= 5.0", "checksOnOff",
            ">= 0.90", "oneInFlightToBounce", "<= 2.0", "links16To1", "<= 1.3", "vmToVirtioNet", ">= 10");

    private final BenchReport report;
    private final StringBuilder text = new StringBuilder();

    private BenchText(BenchReport report) {
        this.report = report;
    }

    static String of(BenchReport report) {
        BenchText writer = new BenchText(report);
        writer.ratios();
        report.echo().forEach(comparison -> writer.rates("Closed-loop echo, " + comparison.traffic(), comparison));
        writer.rates("The same load over links and channels, " + report.shapes().traffic(), report.shapes());
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
        for (String name : BenchReport.RATIOS) {
            Series series = report.ratios().get(name);
            if (series == null) {
                line("%-32s %8s  %s", LABELS.get(name), "-", report.missing().getOrDefault(name, "not measured"));
            } else {
                line("%-32s %8.2f  %-16s %5.1f%%  %s", LABELS.get(name), series.median(),
                        "%.2f to %.2f".formatted(series.min(), series.max()), series.spread() * 100, GOALS.get(name));
            }
        }
    }

    private void rates(String title, Comparison comparison) {
        line("%n%s", title);
        line("  %-12s %9s  %-18s %8s %12s %12s", "", "Mpps", "min to max", "ns each", "host memory", "guest memory");
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
