// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the bench found. One thread. */
final class BenchReport {
    private static final List<String> RATIOS = List.of("vhostUser", "memif", "checksOnOff", "oneInFlightToBounce",
            "links16To1", "vmToVirtioNet");

    private final Map<String, Series> ratios = new LinkedHashMap<>();
    private final Map<String, String> missing = new LinkedHashMap<>();
    private Comparison main;
    private long bytesAllocated;
    private List<String> complaints = List.of();
    private double seconds;

    void leaveOut(String ratio, String reason) {
        missing.put(ratio, reason);
    }

    void ratio(String name, Series series) {
        ratios.put(name, series);
    }

    void main(Comparison comparison) {
        main = comparison;
        if (comparison.names().contains("vhost-user")) {
            ratio("vhostUser", comparison.ratios("vhost-user"));
            ratio("memif", comparison.ratios("memif"));
        }
        bytesAllocated = comparison.runs("vlink").stream()
                .mapToLong(run -> ((Number) run.details().get("bytesAllocated")).longValue()).max().orElse(-1);
    }

    void noise(List<String> found) {
        complaints = List.copyOf(found);
    }

    void seconds(double value) {
        seconds = value;
    }

    /** {@return the result as members of one JSON object} */
    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        Map<String, Object> medians = new LinkedHashMap<>();
        Map<String, Object> reasons = new LinkedHashMap<>();
        for (String name : RATIOS) {
            medians.put(name, ratios.containsKey(name) ? ratios.get(name).median() : null);
            if (!ratios.containsKey(name)) {
                reasons.put(name, missing.getOrDefault(name, "not measured"));
            }
        }
        json.put("ratios", medians);
        json.put("bytesAllocated", bytesAllocated);
        json.put("noisy", !complaints.isEmpty());
        json.put("noise", complaints);
        json.put("missing", reasons);
        json.put("echo", List.of(main.toJson()));
        json.put("seconds", seconds);
        return json;
    }

    /** {@return the result for a person} */
    String toText() {
        StringBuilder text = new StringBuilder();
        text.append("\nClosed-loop echo, ").append(main.traffic()).append("\n");
        for (String name : main.names()) {
            Series rates = main.rates(name);
            text.append("  %-12s %8.2f Mpps  (%.2f to %.2f)%n".formatted(name, rates.median() / 1e6, rates.min() / 1e6,
                    rates.max() / 1e6));
        }
        ratios.forEach(
                (name, series) -> text.append("  ratio %-20s %6.2f  (%.2f to %.2f)%n".formatted(name, series.median(),
                        series.min(), series.max())));
        complaints.forEach(complaint -> text.append("noisy: ").append(complaint).append('\n'));
        return text.toString();
    }
}
