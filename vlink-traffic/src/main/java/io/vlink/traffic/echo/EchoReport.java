// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.echo;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.vlink.infra.port.PortStatistics;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The result of an echo, as lines for people or as one line of JSON. Immutable.
 *
 * @param plan    what it was to do
 * @param end     why it ended
 * @param nanos   how long it ran
 * @param workers how many there were
 * @param ports   what happened on each port
 */
record EchoReport(EchoPlan plan, EchoEnd end, long nanos, int workers, List<PortCounts> ports) {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double NANOS_PER_MICROSECOND = 1e3;

    EchoReport {
        ports = List.copyOf(ports);
    }

    private long sum(java.util.function.ToLongFunction<PortCounts> count) {
        return ports.stream().mapToLong(count).sum();
    }

    private long received() {
        return sum(port -> port.statistics().rxPackets());
    }

    private long returned() {
        return sum(port -> port.statistics().txPackets());
    }

    private long dropped() {
        return sum(port -> port.statistics().dropped());
    }

    private long missing() {
        return sum(port -> port.missing(plan.forward()));
    }

    /** {@return one line of JSON, without a line end} */
    String toJson() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            json.writeNumberField("received", received());
            json.writeNumberField("returned", returned());
            json.writeNumberField("dropped", dropped());
            json.writeNumberField("missing", missing());
            json.writeNumberField("seconds", decimal(6, nanos / NANOS_PER_SECOND));
            json.writeNumberField("mpps", decimal(6, received() * NANOS_PER_MICROSECOND / Math.max(1, nanos)));
            json.writeStringField("forward", plan.forward().label());
            json.writeNumberField("burst", plan.burst());
            json.writeStringField("idle", plan.idle().toString());
            json.writeStringField("lcores", plan.lcores().toString());
            json.writeNumberField("workers", workers);
            json.writeStringField("stopped", end.label());
            json.writeArrayFieldStart("ports");
            for (PortCounts port : ports) {
                writePort(json, port);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private void writePort(JsonGenerator json, PortCounts port) throws IOException {
        PortStatistics counts = port.statistics();
        json.writeStartObject();
        json.writeStringField("link", port.link());
        json.writeNumberField("rxPackets", counts.rxPackets());
        json.writeNumberField("rxBytes", counts.rxBytes());
        json.writeNumberField("txPackets", counts.txPackets());
        json.writeNumberField("txBytes", counts.txBytes());
        json.writeNumberField("txFull", counts.txFull());
        json.writeNumberField("allocBuffers", counts.allocBuffers());
        json.writeNumberField("freeBuffers", counts.freeBuffers());
        json.writeNumberField("missing", port.missing(plan.forward()));
        json.writeObjectFieldStart("drops");
        for (Map.Entry<String, Long> drop : new TreeMap<>(counts.drops()).entrySet()) {
            json.writeNumberField(drop.getKey(), drop.getValue());
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    /** {@return a line for each port, and one for all where there are several; without the last line end} */
    String toText() {
        StringBuilder text = new StringBuilder();
        for (PortCounts port : ports) {
            PortStatistics counts = port.statistics();
            line(text, "echo link=" + port.link(), counts.rxPackets(), counts.txPackets(), counts.dropped(),
                    port.missing(plan.forward()))
                    .append(" waited_for_room=").append(counts.txFull());
            reasons(text, port);
            text.append('\n');
        }
        return line(text, "echo ended", received(), returned(), dropped(), missing()).append(" bytes=")
                .append(sum(port -> port.statistics().txBytes())).append(" seconds=")
                .append(decimal(3, nanos / NANOS_PER_SECOND)).append(" stopped=").append(end.label()).toString();
    }

    private static StringBuilder line(StringBuilder text, String what, long received, long returned, long dropped,
            long missing) {
        return text.append(what).append(" received=").append(received).append(" returned=").append(returned)
                .append(" dropped=").append(dropped).append(" missing=").append(missing);
    }

    private static void reasons(StringBuilder text, PortCounts port) {
        new TreeMap<>(port.statistics().drops()).forEach((reason, count) -> {
            if (count > 0) {
                text.append(' ').append(reason).append('=').append(count);
            }
        });
    }

    private static BigDecimal decimal(int places, double number) {
        return BigDecimal.valueOf(number).setScale(places, RoundingMode.HALF_UP);
    }
}
