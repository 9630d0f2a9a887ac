// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.vlink.hostpmd.ChannelStatistics;
import io.vlink.hostpmd.VlinkPort;
import io.vlink.spec.record.HostCounter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** The result of a run, as a table for people or as one line of JSON. Immutable once made, after the run. */
final class PktgenReport {
    private static final double MILLION = 1e6;
    private static final double NANOS_PER_MICROSECOND = 1e3;
    private static final int NAME_COLUMN = 12;

    private final VlinkPort port;
    private final TrafficPlan plan;
    private final TrafficCounts counts;
    private final double seconds;
    private final StopReason stopped;
    private final ChannelStatistics statistics;

    PktgenReport(VlinkPort port, TrafficPlan plan, TrafficGenerator generator, StopReason stopped,
            ChannelStatistics statistics) {
        this.port = port;
        this.plan = plan;
        this.counts = generator.counts();
        this.seconds = generator.seconds();
        this.stopped = stopped;
        this.statistics = statistics;
    }

    /** {@return whether the run proves that the link works: everything came back, as it was sent, and nothing else did} */
    boolean isGood() {
        boolean nothingDropped = statistics.drops().values().stream().allMatch(count -> count == 0);
        boolean ended = stopped.isPlanned();
        return counts.isPerfect() && nothingDropped && ended && statistics.total(HostCounter.QUARANTINED) == 0;
    }

    private double mpps() {
        return seconds > 0 ? counts.received() / seconds / MILLION : 0;
    }

    /** {@return one line of JSON, without a line end} */
    String toJson() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            json.writeNumberField("sent", counts.sent());
            json.writeNumberField("received", counts.received());
            json.writeNumberField("lost", counts.outstanding());
            json.writeNumberField("duplicated", counts.duplicated());
            json.writeNumberField("reordered", counts.reordered());
            json.writeNumberField("corrupt", counts.corrupt());
            json.writeFieldName("mpps");
            json.writeNumber(decimal(6, mpps()));
            json.writeFieldName("seconds");
            json.writeNumber(decimal(6, seconds));
            writeRoundTrips(json);
            json.writeStringField("link", port.arguments().link());
            json.writeStringField("mode", port.arguments().mode().label());
            json.writeNumberField("queues", plan.queues().size());
            json.writeNumberField("size", plan.size());
            json.writeNumberField("burst", plan.burst());
            json.writeNumberField("window", plan.window());
            json.writeStringField("stopped", stopped.label());
            json.writeNumberField("quarantined", statistics.total(HostCounter.QUARANTINED));
            writeMap(json, "faults", counts.faults());
            writeMap(json, "drops", statistics.drops());
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private void writeRoundTrips(JsonGenerator json) throws IOException {
        Histogram times = counts.roundTrips();
        json.writeObjectFieldStart("rttNanos");
        json.writeNumberField("p50", times.getValueAtPercentile(50));
        json.writeNumberField("p90", times.getValueAtPercentile(90));
        json.writeNumberField("p99", times.getValueAtPercentile(99));
        json.writeNumberField("p999", times.getValueAtPercentile(99.9));
        json.writeNumberField("max", times.getMaxValue());
        json.writeEndObject();
    }

    private static void writeMap(JsonGenerator json, String name, Map<String, Long> counts) throws IOException {
        json.writeObjectFieldStart(name);
        for (Map.Entry<String, Long> entry : counts.entrySet()) {
            json.writeNumberField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
    }

    /** {@return the table, several lines with line ends} */
    String toText() {
        Histogram times = counts.roundTrips();
        int queues = plan.queues().size();
        StringBuilder text = new StringBuilder(1_024);
        line(text, "link", port.arguments().link() + " (" + port.mac() + "), mode " + port.arguments().mode().label()
                + ", " + queues + (queues == 1 ? " queue" : " queues"));
        line(text, "frames", plan.size() + " bytes (FCS counted), bursts of " + plan.burst() + ", window "
                + plan.window());
        line(text, "sent", grouped(counts.sent()));
        line(text, "received", grouped(counts.received()));
        line(text, "lost", grouped(counts.outstanding()));
        line(text, "duplicated", grouped(counts.duplicated()));
        line(text, "reordered", grouped(counts.reordered()));
        line(text, "corrupt", grouped(counts.corrupt()) + inBrackets(counts.faults()));
        line(text, "rate", decimal(3, mpps()) + " Mpps in " + decimal(3, seconds) + " s");
        line(text, "round trip", "p50 " + micros(times, 50) + ", p90 " + micros(times, 90) + ", p99 "
                + micros(times, 99) + ", p99.9 " + micros(times, 99.9) + ", max " + micros(times, 100) + " us");
        Map<String, Long> dropped = new TreeMap<>(statistics.drops());
        dropped.values().removeIf(count -> count == 0);
        line(text, "dropped", grouped(dropped.values().stream().mapToLong(Long::longValue).sum())
                + inBrackets(dropped));
        return text.toString();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(name).append(" ".repeat(NAME_COLUMN - name.length())).append(value).append(System.lineSeparator());
    }

    private static String inBrackets(Map<String, Long> counts) {
        return counts.isEmpty() ? "" : " " + counts;
    }

    private static String grouped(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String micros(Histogram times, double percentile) {
        return decimal(1, times.getValueAtPercentile(percentile) / NANOS_PER_MICROSECOND);
    }

    private static String decimal(int places, double number) {
        return BigDecimal.valueOf(number).setScale(places, RoundingMode.HALF_UP).toPlainString();
    }
}
