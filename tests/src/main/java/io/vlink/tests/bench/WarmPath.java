// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the polling threads of both sides did besides moving packets, once they were warm: a row for each run. One thread. */
final class WarmPath {
    private final List<Row> rows = new ArrayList<>();

    /**
     * A run.
     *
     * @param flow        which way packets went
     * @param hostBytes   bytes that the host's thread has allocated
     * @param guestBytes  the guest's
     * @param hostCalls   system calls that the host's thread has made
     * @param guestCalls  the guest's
     * @param calls       their names
     */
    record Row(String flow, long hostBytes, long guestBytes, long hostCalls, long guestCalls, String calls) {
        private Map<String, Object> toJson() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("flow", flow);
            json.put(VlinkPair.HOST_BYTES, hostBytes);
            json.put(VlinkPair.GUEST_BYTES, guestBytes);
            json.put(SystemCalls.HOST, hostCalls);
            json.put(SystemCalls.GUEST, guestCalls);
            json.put(SystemCalls.NAMES, calls);
            return json;
        }
    }

    void add(Flow flow, Contestant.Run run) {
        Map<String, Object> seen = run.seen().details();
        rows.add(new Row(flow.label(), bytes(run, VlinkPair.HOST_BYTES), bytes(run, VlinkPair.GUEST_BYTES),
                ((Number) seen.get(SystemCalls.HOST)).longValue(), ((Number) seen.get(SystemCalls.GUEST)).longValue(),
                seen.get(SystemCalls.NAMES).toString()));
    }

    private static long bytes(Contestant.Run run, String side) {
        return (long) run.number(side);
    }

    /** {@return the runs, in order} */
    List<Row> rows() {
        return rows;
    }

    /** {@return the most bytes that a thread has allocated in a run} */
    long bytesAllocated() {
        return rows.stream().mapToLong(row -> Math.max(row.hostBytes, row.guestBytes)).max().orElse(0);
    }

    /** {@return the most system calls that a thread has made in a run} */
    long systemCalls() {
        return rows.stream().mapToLong(row -> Math.max(row.hostCalls, row.guestCalls)).max().orElse(0);
    }

    /** {@return the runs as members of a JSON array} */
    List<Map<String, Object>> toJson() {
        return rows.stream().map(Row::toJson).toList();
    }
}
