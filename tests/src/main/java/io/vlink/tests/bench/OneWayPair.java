// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.LabException;
import io.vlink.tests.lab.ManagedProcess;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** vlink in one direction: one side sends, the other takes. Every frame must arrive, in order. One thread. */
final class OneWayPair implements Contestant {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final VlinkDomain domain;
    private final boolean toGuest;

    OneWayPair(VlinkDomain domain, Flow flow) {
        this.domain = domain;
        this.toGuest = flow == Flow.TO_GUEST;
    }

    @Override
    public String name() {
        return "vlink";
    }

    @Override
    public Run run(Traffic traffic, double seconds) {
        return run(traffic, seconds, Watch.QUIETLY);
    }

    /** {@return what {@link #run(Traffic, double)} does, with another way of looking} */
    Run run(Traffic traffic, double seconds, Watch watch) {
        String[] send = {"--send"};
        String[] receive = {};
        try (ManagedProcess guest = domain.startGuest(OneWayMain.class, traffic, seconds, toGuest ? receive : send)) {
            guest.awaitLine("it was attached", SideProgram.ATTACHED::equals, LIMIT);
            try (ManagedProcess host = domain.startHost(OneWayMain.class, traffic, seconds, toGuest ? send : receive)) {
                return measure(host, guest, seconds, watch);
            }
        }
    }

    private Run measure(ManagedProcess host, ManagedProcess guest, double seconds, Watch watch) {
        ManagedProcess receiver = toGuest ? guest : host;
        receiver.awaitLine("it was measuring", SideProgram.MEASURING::equals, LIMIT);
        Seen seen = watch.look(host, guest, seconds);
        Map<String, Object> ofHost = result(host);
        Map<String, Object> ofGuest = result(guest);
        Map<String, Object> sent = toGuest ? ofHost : ofGuest;
        Map<String, Object> received = toGuest ? ofGuest : ofHost;
        if (!sent.get("packets").equals(received.get("packets")) || number(received, "outOfOrder") != 0
                || number(received, "drops") + number(sent, "drops") != 0) {
            throw new LabException("packets were lost: sent=" + sent + " received=" + received, "");
        }
        Map<String, Object> details = new LinkedHashMap<>(received);
        details.put(VlinkPair.HOST_BYTES, ofHost.get(OneWayStream.BYTES));
        details.put(VlinkPair.GUEST_BYTES, ofGuest.get(OneWayStream.BYTES));
        return new Run(number(received, "pps"), seen, details);
    }

    private static Map<String, Object> result(ManagedProcess process) {
        if (process.awaitExit(LIMIT) != 0) {
            throw new LabException("an end of a stream failed", process.tail(10));
        }
        return JsonLine.read(process.outputLines().getLast());
    }

    private static double number(Map<String, Object> result, String name) {
        return ((Number) result.get(name)).doubleValue();
    }
}
