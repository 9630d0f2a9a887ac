// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.soak;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.LongSummaryStatistics;
import java.util.Map;

/** What a soak has come to so far. One thread. */
final class SoakReport {
    private final Map<String, LongSummaryStatistics> firstPacketMillis = new LinkedHashMap<>();
    private long rounds;
    private long packets;
    private String doing = "starting";
    private String failure;

    private static String name(Victim victim, boolean fullRate) {
        return victim.name().toLowerCase(Locale.ROOT).replace('_', ' ') + (fullRate ? ", full rate" : ", idle");
    }

    void doing(Victim victim, boolean fullRate) {
        doing = name(victim, fullRate);
    }

    void add(Strike strike) {
        firstPacketMillis.computeIfAbsent(name(strike.victim(), strike.fullRate()), key -> new LongSummaryStatistics())
                .accept(strike.firstPacketMillis());
        packets += strike.packets();
        System.err.printf("%-28s first packet after %5d ms%n", name(strike.victim(), strike.fullRate()),
                strike.firstPacketMillis());
    }

    void roundDone() {
        rounds++;
    }

    void failed(String message) {
        failure = doing + ": " + message;
    }

    Map<String, Object> toJson() {
        List<Object> strikes = new ArrayList<>();
        firstPacketMillis.forEach((name, times) -> {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("killed", name);
            row.put("times", times.getCount());
            row.put("firstPacketMillisMean", Math.round(times.getAverage()));
            row.put("firstPacketMillisMax", times.getMax());
            strikes.add(row);
        });
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("passed", failure == null);
        all.put("failure", failure);
        all.put("rounds", rounds);
        all.put("packets", packets);
        all.put("strikes", strikes);
        return all;
    }

    String toText() {
        StringBuilder text = new StringBuilder("""
                | killed | times | ms to the first packet, mean | max |
                | --- | --- | --- | --- |
                """);
        firstPacketMillis.forEach((name, times) -> text.append(String.format(Locale.ROOT, "| %s | %d | %.0f | %d |%n",
                name, times.getCount(), times.getAverage(), times.getMax())));
        return text.append(failure == null ? "PASSED" : "FAILED: " + failure).append(" rounds=").append(rounds)
                .append(" packets=").append(packets).toString();
    }
}
