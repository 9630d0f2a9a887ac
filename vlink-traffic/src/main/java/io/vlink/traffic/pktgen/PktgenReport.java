// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.vlink.infra.port.MacAddress;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;

/** The result of a run, as a table for people or as one line of JSON. Made after the run, immutable. */
final class PktgenReport {
    private static final double MILLION = 1e6;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double NANOS_PER_MICROSECOND = 1e3;
    private static final int NAME_COLUMN = 12;

    private final TrafficPlan plan;
    private final StopReason stopped;
    private final List<PortResult> ports;
    private final List<TrafficLoop> workers;
    private final TrafficCounts counts = new TrafficCounts();
    private final Map<String, Long> drops = new TreeMap<>();
    private final Histogram roundTrips;
    private final double seconds;
    private Law law = Law.of(0, 0, 0);

    PktgenReport(TrafficPlan plan, StopReason stopped, List<PortResult> ports, List<TrafficLoop> workers) {
        this.plan = plan;
        this.stopped = stopped;
        this.ports = List.copyOf(ports);
        this.workers = List.copyOf(workers);
        for (PortResult port : ports) {
            counts.add(port.counts());
            law = law.plus(port.law(plan.oneWay()));
            port.statistics().drops().forEach((reason, count) -> drops.merge(reason, count, Long::sum));
        }
        roundTrips = workers.getFirst().roundTrips().copy();
        long start = workers.getFirst().startNanos();
        long end = workers.getFirst().endNanos();
        for (TrafficLoop worker : workers.subList(1, workers.size())) {
            roundTrips.add(worker.roundTrips());
            start = worker.startNanos() - start < 0 ? worker.startNanos() : start;
            end = worker.endNanos() - end > 0 ? worker.endNanos() : end;
        }
        seconds = (end - start) / NANOS_PER_SECOND;
    }

    /** {@return whether the run proves that the link works: everything arrived, as it was sent, and nothing else did} */
    boolean isGood() {
        boolean arrived = plan.oneWay() ? counts.sent() > 0 : counts.isPerfect();
        boolean lawful = ports.stream().allMatch(port -> port.law(plan.oneWay()).holds());
        boolean nothingDropped = sum(PortResult::dropped) == 0;
        return arrived && lawful && nothingDropped && stopped.isPlanned() && sum(PortResult::quarantined) == 0;
    }

    /** {@return packets that are missing at the end} */
    long lost() {
        return plan.oneWay() ? law.inFlight() : counts.outstanding();
    }

    private long sum(ToLongFunction<PortResult> count) {
        return ports.stream().mapToLong(count).sum();
    }

    private double mpps(long packets) {
        return seconds > 0 ? packets / seconds / MILLION : 0;
    }

    private double mpps() {
        return mpps(plan.oneWay() ? counts.sent() : counts.received());
    }

    private String links(String separator) {
        return ports.stream().map(port -> port.of().port().link()).collect(Collectors.joining(separator));
    }

    private String modes() {
        return ports.stream().map(port -> port.of().mode()).distinct().collect(Collectors.joining(","));
    }

    /** {@return one line of JSON, without a line end} */
    String toJson() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            writeCounts(json);
            json.writeNumberField("mpps", decimal(6, mpps()));
            json.writeNumberField("seconds", decimal(6, seconds));
            writeRoundTrips(json);
            json.writeStringField("link", links(","));
            json.writeStringField("mode", modes());
            json.writeNumberField("queues", sum(PortResult::queues));
            json.writeNumberField("size", plan.size());
            json.writeNumberField("burst", plan.burst());
            json.writeNumberField("window", plan.window());
            json.writeStringField("stopped", stopped.label());
            json.writeNumberField("quarantined", sum(PortResult::quarantined));
            writeMap(json, "faults", counts.faults());
            writeMap(json, "drops", drops);
            json.writeBooleanField("oneWay", plan.oneWay());
            json.writeNumberField("txDropped", counts.txDropped());
            json.writeNumberField("txFull", sum(port -> port.statistics().txFull()));
            json.writeNumberField("unexpected", counts.unexpected());
            json.writeStringField("idle", plan.idle().toString());
            json.writeStringField("lcores", plan.lcores().toString());
            writeLaw(json, law);
            writeLinks(json);
            writeWorkers(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private void writeCounts(JsonGenerator json) throws IOException {
        json.writeNumberField("sent", counts.sent());
        json.writeNumberField("received", counts.received());
        json.writeNumberField("lost", lost());
        json.writeNumberField("duplicated", counts.duplicated());
        json.writeNumberField("reordered", counts.reordered());
        json.writeNumberField("corrupt", counts.corrupt());
    }

    private void writeRoundTrips(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("rttNanos");
        json.writeNumberField("p50", roundTrips.getValueAtPercentile(50));
        json.writeNumberField("p90", roundTrips.getValueAtPercentile(90));
        json.writeNumberField("p99", roundTrips.getValueAtPercentile(99));
        json.writeNumberField("p999", roundTrips.getValueAtPercentile(99.9));
        json.writeNumberField("max", roundTrips.getMaxValue());
        json.writeEndObject();
    }

    private static void writeLaw(JsonGenerator json, Law law) throws IOException {
        json.writeObjectFieldStart("law");
        json.writeNumberField("sent", law.sent());
        json.writeNumberField("received", law.received());
        json.writeNumberField("dropped", law.dropped());
        json.writeNumberField("inFlight", law.inFlight());
        json.writeBooleanField("holds", law.holds());
        json.writeEndObject();
    }

    private void writeLinks(JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("links");
        for (PortResult port : ports) {
            json.writeStartObject();
            json.writeStringField("link", port.of().port().link());
            json.writeStringField("mode", port.of().mode());
            json.writeNumberField("queues", port.queues());
            json.writeNumberField("sent", port.counts().sent());
            json.writeNumberField("received", port.counts().received());
            json.writeNumberField("allocBuffers", port.statistics().allocBuffers());
            json.writeNumberField("freeBuffers", port.statistics().freeBuffers());
            json.writeNumberField("txFull", port.statistics().txFull());
            writeMap(json, "drops", new TreeMap<>(port.statistics().drops()));
            writeLaw(json, port.law(plan.oneWay()));
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void writeWorkers(JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("workers");
        for (int worker = 0; worker < workers.size(); worker++) {
            TrafficCounts its = workers.get(worker).counts();
            json.writeStartObject();
            json.writeStringField("worker", plan.lcores().workerName(worker));
            json.writeNumberField("queues", workers.get(worker).queues());
            json.writeNumberField("sent", its.sent());
            json.writeNumberField("received", its.received());
            json.writeEndObject();
        }
        json.writeEndArray();
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
        StringBuilder text = new StringBuilder(1_024);
        for (PortResult port : ports) {
            line(text, "link", port.of().port().link() + " (" + MacAddress.of(port.of().port().macBytes()) + "), mode "
                    + port.of().mode() + ", " + port.queues() + (port.queues() == 1 ? " queue" : " queues"));
        }
        line(text, "frames", plan.size() + " bytes (FCS counted), bursts of " + plan.burst()
                + (plan.oneWay() ? ", one way" : ", window " + plan.window()));
        if (workers.size() > 1) {
            writeWorkers(text);
        }
        line(text, "sent", grouped(counts.sent()));
        if (!plan.oneWay()) {
            line(text, "received", grouped(counts.received()));
        }
        line(text, "lost", grouped(lost()));
        if (!plan.oneWay()) {
            line(text, "duplicated", grouped(counts.duplicated()));
            line(text, "reordered", grouped(counts.reordered()));
            line(text, "corrupt", grouped(counts.corrupt()) + inBrackets(counts.faults()));
        }
        line(text, "rate", decimal(3, mpps()) + " Mpps in " + decimal(3, seconds) + " s");
        if (!plan.oneWay()) {
            line(text, "round trip", "p50 " + micros(50) + ", p90 " + micros(90) + ", p99 " + micros(99) + ", p99.9 "
                    + micros(99.9) + ", max " + micros(100) + " us");
        }
        Map<String, Long> dropped = new TreeMap<>(drops);
        dropped.values().removeIf(count -> count == 0);
        line(text, "dropped", grouped(dropped.values().stream().mapToLong(Long::longValue).sum())
                + inBrackets(dropped));
        line(text, "law", "sent " + grouped(law.sent()) + " = received " + grouped(law.received()) + " + dropped "
                + grouped(law.dropped()) + " + in flight " + grouped(law.inFlight()));
        return text.toString();
    }

    private void writeWorkers(StringBuilder text) {
        for (int worker = 0; worker < workers.size(); worker++) {
            TrafficCounts its = workers.get(worker).counts();
            line(text, plan.lcores().workerName(worker), "sent " + grouped(its.sent()) + ", received "
                    + grouped(its.received()) + ", queues " + workers.get(worker).queues());
        }
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(name).append(" ".repeat(Math.max(1, NAME_COLUMN - name.length()))).append(value)
                .append(System.lineSeparator());
    }

    private static String inBrackets(Map<String, Long> counts) {
        return counts.isEmpty() ? "" : " " + counts;
    }

    private static String grouped(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private String micros(double percentile) {
        return decimal(1, roundTrips.getValueAtPercentile(percentile) / NANOS_PER_MICROSECOND).toPlainString();
    }

    private static BigDecimal decimal(int places, double number) {
        return BigDecimal.valueOf(number).setScale(places, RoundingMode.HALF_UP);
    }
}
