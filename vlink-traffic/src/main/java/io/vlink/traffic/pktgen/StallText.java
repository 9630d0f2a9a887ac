// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

import java.util.ArrayList;
import java.util.List;

/** Says where a run stands still: link, mode, queue, data channel, and how many packets are on their way there. */
final class StallText {
    /** More places than these are only counted. */
    private static final int MOST = 6;

    private StallText() {
    }

    /**
     * The places where packets are missing; where none are, those that have nothing to send packets in.
     *
     * @param ports all of the run
     * @param loops its workers, which have ended
     * @return such as {@code link=tap1 does not move: mode=mq queue=0 channel=0 in_flight=32, queue=3 channel=3 in_flight=8}
     */
    static String of(List<GeneratorPort> ports, List<TrafficLoop> loops) {
        List<String> places = places(ports, loops, /* missing= */ true);
        if (places.isEmpty()) {
            places = places(ports, loops, /* missing= */ false);
        }
        String others = places.size() > MOST ? " and " + (places.size() - MOST) + " more" : "";
        return String.join(", ", places.subList(0, Math.min(MOST, places.size()))) + others;
    }

    private static List<String> places(List<GeneratorPort> ports, List<TrafficLoop> loops, boolean missing) {
        List<String> places = new ArrayList<>();
        for (GeneratorPort attached : ports) {
            boolean first = true;
            for (QueueTraffic queue : queues(attached, loops)) {
                for (String place : places(queue, missing)) {
                    places.add(first ? heading(attached) + place : place);
                    first = false;
                }
            }
        }
        return places;
    }

    private static String heading(GeneratorPort attached) {
        return "link=" + attached.port().link() + " does not move: mode=" + attached.mode() + " ";
    }

    private static List<QueueTraffic> queues(GeneratorPort attached, List<TrafficLoop> loops) {
        List<QueueTraffic> queues = new ArrayList<>();
        for (TrafficLoop loop : loops) {
            for (PortTraffic part : loop.ports()) {
                if (part.port().equals(attached.port())) {
                    queues.addAll(part.queues());
                }
            }
        }
        return queues;
    }

    private static List<String> places(QueueTraffic queue, boolean missing) {
        List<String> places = new ArrayList<>();
        String name = "queue=" + queue.queue();
        if (!missing) {
            places.add(name + " in_flight=0 empty_buffers=" + queue.held());
            return places;
        }
        for (int channel = 0; channel < queue.port().port().dataChannels(); channel++) {
            int inFlight = queue.inFlight(channel);
            if (inFlight > 0) {
                places.add(name + " channel=" + channel + " in_flight=" + inFlight);
            }
        }
        return places;
    }
}
