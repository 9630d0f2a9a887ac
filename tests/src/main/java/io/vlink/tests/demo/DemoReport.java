// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.demo;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the demo found. Immutable.
 *
 * @param accelerator of the VM, or {@code none}
 * @param qemuVersion of the VM, or {@code none}
 * @param guest       from {@code vlink-guest info}
 * @param region      from {@code vlinkctl status}
 * @param hostToGuest report of the generator on the host
 * @param guestToHost report of the generator in the guest
 */
record DemoReport(String accelerator, String qemuVersion, Map<String, Object> guest, Map<?, ?> region,
        Map<String, Object> hostToGuest, Map<String, Object> guestToHost) {

    private static final String[] COUNTS = {"sent", "received", "lost", "corrupt", "duplicated", "reordered"};

    /** {@return true if in both directions every packet came back once, in order and right, and the counts add up} */
    boolean isPerfect() {
        return isPerfect(hostToGuest) && isPerfect(guestToHost);
    }

    private static boolean isPerfect(Map<String, Object> run) {
        return count(run, "sent") > 0 && count(run, "sent") == count(run, "received") && count(run, "lost") == 0
                && count(run, "corrupt") == 0 && count(run, "duplicated") == 0 && count(run, "reordered") == 0
                && run.get("law") instanceof Map<?, ?> law && Boolean.TRUE.equals(law.get("holds"));
    }

    private static long count(Map<String, Object> run, String name) {
        return run.get(name) instanceof Number number ? number.longValue() : -1;
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
        Map<String, Object> json = pick(hostToGuest, COUNTS);
        json.put("accel", accelerator);
        json.put("qemu", qemuVersion);
        json.put("guest", pick(guest, "pci", "kernel", "driver", "map"));
        json.put("region", pick(region, "bytes", "pageBytes", "pages"));
        json.put("rttNanos", hostToGuest.get("rttNanos"));
        json.put("mpps", hostToGuest.get("mpps"));
        json.put("seconds", hostToGuest.get("seconds"));
        json.put("law", hostToGuest.get("law"));
        json.put("guestToHost", guestToHostJson());
        return json;
    }

    private Map<String, Object> guestToHostJson() {
        Map<String, Object> json = pick(guestToHost, COUNTS);
        json.put("links", guestLinks());
        json.put("channels", guestToHost.get("queues"));
        json.put("rttNanos", guestToHost.get("rttNanos"));
        json.put("mpps", guestToHost.get("mpps"));
        json.put("seconds", guestToHost.get("seconds"));
        json.put("law", guestToHost.get("law"));
        return json;
    }

    private long guestLinks() {
        return guestToHost.get("links") instanceof List<?> links ? links.size() : 0;
    }

    /** {@return the result for a person, some lines} */
    String toText() {
        return """

                %s
                  host sends  %s
                  guest sends %s; %s links, %s channels
                  guest       kernel %s, %s, driver %s, mapped by %s
                  host        region of %s bytes in %s pages of %s bytes, QEMU %s, accelerator %s"""
                .formatted(
                        isPerfect()
                                ? "Every packet came back, in order and untouched, both ways."
                                : "NOT every packet came back right.",
                        text(hostToGuest), text(guestToHost), guestLinks(), guestToHost.get("queues"),
                        guest.get("kernel"), guest.get("pci"), guest.get("driver"), guest.get("map"),
                        region.get("bytes"), region.get("pages"), region.get("pageBytes"), qemuVersion, accelerator);
    }

    private static String text(Map<String, Object> run) {
        Map<?, ?> rtt = run.get("rttNanos") instanceof Map<?, ?> map ? map : Map.of();
        return """
                sent %s, received %s, lost %s, corrupt %s, duplicated %s, reordered %s
                              %s Mpps; round trip p50 %s us, p99 %s us"""
                .formatted(run.get("sent"), run.get("received"), run.get("lost"), run.get("corrupt"),
                        run.get("duplicated"), run.get("reordered"), run.get("mpps"), micros(rtt.get("p50")),
                        micros(rtt.get("p99")));
    }

    private static String micros(Object nanos) {
        return nanos instanceof Number number ? "%.1f".formatted(number.doubleValue() / 1_000) : "?";
    }
}
