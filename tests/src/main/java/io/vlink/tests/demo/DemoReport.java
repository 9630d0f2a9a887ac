// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.demo;

import java.util.LinkedHashMap;
import java.util.Map;

/** What the demo found: facts of the guest and the region, and pktgen's counts. Immutable. */
record DemoReport(String accelerator, String qemuVersion, Map<String, Object> guest, Map<?, ?> region,
        Map<String, Object> traffic) {

    private static final String[] COUNTS = {"sent", "received", "lost", "corrupt", "duplicated", "reordered"};

    /** {@return true if every packet came back once, in order and right} */
    boolean isPerfect() {
        return count("sent") > 0 && count("sent") == count("received") && count("lost") == 0 && count("corrupt") == 0
                && count("duplicated") == 0 && count("reordered") == 0;
    }

    private long count(String name) {
        return traffic.get(name) instanceof Number number ? number.longValue() : -1;
    }

    private static Map<String, Object> pick(Map<?, ?> from, String... names) {
        Map<String, Object> picked = new LinkedHashMap<>();
        for (String name : names) {
            picked.put(name, from.get(name));
        }
        return picked;
    }

    /** {@return the result as the members of one JSON object} */
    Map<String, Object> toJson() {
        Map<String, Object> json = pick(traffic, COUNTS);
        json.put("accel", accelerator);
        json.put("qemu", qemuVersion);
        json.put("guest", pick(guest, "pci", "kernel", "driver", "map"));
        json.put("region", pick(region, "bytes", "pageBytes", "pages"));
        json.put("rttNanos", traffic.get("rttNanos"));
        json.put("mpps", traffic.get("mpps"));
        json.put("seconds", traffic.get("seconds"));
        return json;
    }

    /** {@return the result for a person, some lines} */
    String toText() {
        Map<?, ?> rtt = traffic.get("rttNanos") instanceof Map<?, ?> map ? map : Map.of();
        return """

                %s
                  packets     sent %s, received %s, lost %s, corrupt %s, duplicated %s, reordered %s
                  rate        %s Mpps; round trip p50 %s us, p99 %s us
                  guest       kernel %s, %s, driver %s, mapped by %s
                  host        region of %s bytes in %s pages of %s bytes, QEMU %s, accelerator %s"""
                .formatted(
                        isPerfect()
                                ? "Every packet came back, in order and untouched."
                                : "NOT every packet came back right.",
                        traffic.get("sent"), traffic.get("received"), traffic.get("lost"), traffic.get("corrupt"),
                        traffic.get("duplicated"), traffic.get("reordered"), traffic.get("mpps"),
                        micros(rtt.get("p50")),
                        micros(rtt.get("p99")), guest.get("kernel"), guest.get("pci"), guest.get("driver"),
                        guest.get("map"), region.get("bytes"), region.get("pages"), region.get("pageBytes"),
                        qemuVersion,
                        accelerator);
    }

    private static String micros(Object nanos) {
        return nanos instanceof Number number ? "%.1f".formatted(number.doubleValue() / 1_000) : "?";
    }
}
