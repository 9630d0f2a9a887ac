// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.soak;

import io.vlink.tests.lab.JsonLine;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a soak has come to so far. One thread. */
final class SoakReport {
    private final Map<String, List<Long>> firstPacketMillis = new LinkedHashMap<>();
    private long packets;
    private String doing = "starting";
    private String failure;
    private Resources atRest;

    private static String name(Victim victim, boolean fullRate) {
        return victim.name().toLowerCase(Locale.ROOT).replace('_', ' ') + (fullRate ? ", full rate" : ", idle");
    }

    void doing(Victim victim, boolean fullRate) {
        doing = name(victim, fullRate);
    }

    void add(Strike strike) {
        firstPacketMillis.computeIfAbsent(name(strike.victim(), strike.fullRate()), key -> new ArrayList<>())
                .add(strike.firstPacketMillis());
        packets += strike.packets();
        System.err.printf("%-28s first packet after %5d ms%n", name(strike.victim(), strike.fullRate()),
                strike.firstPacketMillis());
    }

    /** Notes what agent and keeper have in the end, which is what they had in the beginning. */
    void atRest(Resources resources) {
        atRest = resources;
    }

    private int kills() {
        return firstPacketMillis.values().stream().mapToInt(List::size).sum();
    }

    private static long median(List<Long> values) {
        List<Long> sorted = values.stream().sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    void failed(String message) {
        failure = doing + ": " + message;
    }

    Map<String, Object> toJson() {
        List<Object> strikes = new ArrayList<>();
        firstPacketMillis.forEach((name, times) -> {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("killed", name);
            row.put("times", times.size());
            row.put("firstPacketMillisMin", Collections.min(times));
            row.put("firstPacketMillisMedian", median(times));
            row.put("firstPacketMillisMax", Collections.max(times));
            strikes.add(row);
        });
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("passed", failure == null);
        all.put("failure", failure);
        all.put("kills", kills());
        all.put("packets", packets);
        all.put("strikes", strikes);
        all.put("atRest", atRest == null ? null : atRest.toJson());
        return all;
    }

    String toText() {
        StringBuilder text = new StringBuilder("""
                | killed | times | ms to the first packet: shortest | median | longest |
                | --- | --- | --- | --- | --- |
                """);
        firstPacketMillis
                .forEach((name, times) -> text.append(String.format(Locale.ROOT, "| %s | %d | %d | %d | %d |%n",
                        name, times.size(), Collections.min(times), median(times), Collections.max(times))));
        if (atRest != null) {
            text.append("at rest, each time: ").append(JsonLine.write(atRest.toJson())).append('\n');
        }
        return text.append(failure == null ? "PASSED" : "FAILED: " + failure).append(" kills=").append(kills())
                .append(" packets=").append(packets).toString();
    }
}
