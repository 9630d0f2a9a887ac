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
    public double warmSeconds() {
        return domain.warmSeconds();
    }

    @Override
    public Pair start(Traffic traffic) {
        String[] send = {"--send"};
        String[] receive = {};
        ManagedProcess guest = domain.startGuest(OneWayMain.class, traffic, toGuest ? receive : send);
        return guest.orClose(() -> {
            guest.awaitLine("it was attached", SideProgram.ATTACHED::equals, LIMIT);
            return join(guest, domain.startHost(OneWayMain.class, traffic, toGuest ? send : receive));
        });
    }

    private Pair join(ManagedProcess guest, ManagedProcess host) {
        return host.orClose(() -> {
            (toGuest ? guest : host).awaitLine("a packet came", SideProgram.RUNNING::equals, LIMIT);
            return new Stream(host, guest, toGuest);
        });
    }

    /** Both ends of a stream. */
    private static final class Stream extends Pair {
        private final boolean toGuest;
        private final ManagedProcess sender;
        private final ManagedProcess receiver;

        Stream(ManagedProcess host, ManagedProcess guest, boolean toGuest) {
            super(host, guest);
            this.toGuest = toGuest;
            sender = toGuest ? host : guest;
            receiver = toGuest ? guest : host;
        }

        @Override
        void startCounting() {
            sender.send(Orders.MEASURE);
            receiver.send(Orders.MEASURE);
            receiver.awaitLine("it was measuring", SideProgram.MEASURING::equals, LIMIT);
        }

        @Override
        Run stopCounting(Seen seen, long pausedNanos) {
            receiver.send(Orders.END);
            sender.send(Orders.END);
            Map<String, Object> ofHost = result(host());
            Map<String, Object> ofGuest = result(guest());
            Map<String, Object> sent = toGuest ? ofHost : ofGuest;
            Map<String, Object> received = toGuest ? ofGuest : ofHost;
            if (!sent.get(OneWayStream.TOTAL).equals(received.get(OneWayStream.TOTAL))
                    || number(received, "outOfOrder") != 0
                    || number(received, "drops") + number(sent, "drops") != 0) {
                throw new LabException("packets were lost: sent=" + sent + " received=" + received, "");
            }
            Map<String, Object> details = new LinkedHashMap<>(received);
            details.put(VlinkPair.HOST_BYTES, ofHost.get(OneWayStream.BYTES));
            details.put(VlinkPair.GUEST_BYTES, ofGuest.get(OneWayStream.BYTES));
            return new Run(SideProgram.rate(received, pausedNanos), seen, details);
        }
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
