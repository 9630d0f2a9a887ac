// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

import io.vlink.infra.region.MemorySize;
import io.vlink.spec.record.QuarantineReason;
import java.util.Map;
import java.util.stream.Collectors;

/** An agent's report for people. What an older or newer agent does not tell shows as "?" or 0. */
final class StatusTable {
    private final StringBuilder text = new StringBuilder();

    private StatusTable() {
    }

    /**
     * Formats a report.
     *
     * @param report the agent's JSON
     * @return some lines, each with its end
     */
    static String of(JsonTree report) {
        StatusTable table = new StatusTable();
        JsonTree agent = report.child("agent");
        table.line("agent",
                "pid %s, version %s, up %s s, run_dir %s".formatted(agent.text("pid"), agent.text("version"),
                        agent.text("uptimeSeconds"), agent.text("runDir")));
        report.children("regions").forEach(table::region);
        if (report.children("domains").isEmpty()) {
            table.line("domain", "none: start a VM with bin/vlink-qemu, or run vlinkctl register");
        }
        report.children("domains").forEach(table::domain);
        return table.text.toString();
    }

    private void region(JsonTree region) {
        boolean huge = region.text("hugepages").equals("true");
        String owner = region.text("owner");
        line("region", "%s in %s pages of %s, %s, used by %s, pools %s".formatted(size(region, "bytes"),
                region.text("pages"), size(region, "pageBytes"), huge ? "hugepages" : "ordinary memory",
                owner.equals("none") ? "nobody yet" : owner, size(region, "poolBytes")));
    }

    private void domain(JsonTree domain) {
        String held = domain.text("state").equals("gone")
                ? "drivers still attached"
                : domain.text("persistent").equals("true") ? "persistent" : "pid " + domain.text("pid");
        line("domain",
                "%s %s, %s, bar=%s, region of %s, channel memory %s, channels %s of %s".formatted(domain.text("name"),
                        domain.text("state"), held, domain.text("bar"), domain.text("region"),
                        size(domain, "channelMemoryBytes"),
                        domain.text("channels"), domain.text("maxChannels")));
        domain.children("links").forEach(this::link);
    }

    private void link(JsonTree link) {
        line("  link",
                "%s %s, %s, %s channels, queue_size=%s, mtu=%s, driver %s".formatted(link.text("name"),
                        link.text("state"), link.text("mac"), link.text("channels"), link.text("queueSize"),
                        link.text("mtu"),
                        link.number("driverPid") == 0 ? "none" : "pid " + link.text("driverPid")));
        line("", "host lane %s, guest lane %s".formatted(lane(link.child("hostLane")), lane(link.child("guestLane"))));
        line("", "host to guest %s".formatted(law(link.child("hostToGuest"))));
        line("", "guest to host %s".formatted(law(link.child("guestToHost"))));
        line("", "buffers %s = %s".formatted(link.text("buffers"), buffers(link.child("ledger"))));
        for (JsonTree channel : link.children("dataChannels")) {
            QuarantineReason reason = QuarantineReason.of(channel.text("quarantine"));
            if (reason != QuarantineReason.NONE) {
                line("", "channel %s IN QUARANTINE until the next epoch: %s".formatted(channel.text("channel"),
                        reason.text()));
            }
            line("", "channel %s host  %s".formatted(channel.text("channel"), counters(channel.child("host"))));
            line("", "channel %s guest %s".formatted(channel.text("channel"), counters(channel.child("guest"))));
        }
    }

    private static String lane(JsonTree lane) {
        return lane.text("state").replace('_', ' ') + " (epoch " + lane.text("epoch") + ")";
    }

    /** Reasons stand with the counters of the channels. */
    private static String law(JsonTree direction) {
        long difference = direction.number("difference");
        String verdict = switch (direction.text("holds")) {
            case "true" -> difference == 0 ? "holds" : "holds, " + difference + " being counted";
            case "false" -> "DOES NOT HOLD, difference " + difference;
            default -> "not known without an epoch";
        };
        return "sent %s = received %s + dropped %s + in flight %s: %s".formatted(direction.text("sent"),
                direction.text("received"), direction.text("dropped"), direction.text("inFlight"), verdict);
    }

    private static String buffers(JsonTree ledger) {
        String missing = ledger.text("complete").equals("false") ? ": DOES NOT ADD UP" : "";
        return "free %s + lent %s + held %s%s".formatted(ledger.text("free"), ledger.text("lent"), ledger.text("held"),
                missing);
    }

    /** Counters that are zero say nothing and are left out. */
    private static String counters(JsonTree counters) {
        String shown = counters.fields().entrySet().stream().filter(counter -> !counter.getValue().equals(0L))
                .map(Map.Entry::toString).collect(Collectors.joining(" "));
        return shown.isEmpty() ? "-" : shown;
    }

    private static String size(JsonTree object, String name) {
        return MemorySize.format(object.number(name));
    }

    private void line(String label, String values) {
        text.append(String.format("%-9s", label)).append(values).append('\n');
    }
}
