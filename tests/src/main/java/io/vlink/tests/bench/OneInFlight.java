// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The round trip of a single packet beside that of bare cache lines between the same two cores, in turn. One thread. */
final class OneInFlight {
    private final VlinkPair vlink;
    private final LineBounce line;
    private final LineBounce lineAndDescriptor;
    private final List<Double> packetNanos = new ArrayList<>();
    private final List<Double> packetNanosP99 = new ArrayList<>();
    private final List<Double> lineNanos = new ArrayList<>();
    private final List<Double> lineAndDescriptorNanos = new ArrayList<>();

    private int disturbedRounds;

    OneInFlight(VlinkPair vlink, Cores cores) {
        this.vlink = vlink;
        line = new LineBounce(cores, false);
        lineAndDescriptor = new LineBounce(cores, true);
    }

    /** One of each; again, a few times and while there is time, if the processors were moved or the packet shared its core. */
    void round(Placement placement, double seconds, Repeats repeats, Progress progress) {
        boolean disturbed = oneRound(placement, seconds, progress);
        for (int i = 0; i < Repeats.MOST && disturbed && repeats.begin(); i++) {
            List.of(packetNanos, packetNanosP99, lineNanos, lineAndDescriptorNanos).forEach(List::removeLast);
            disturbed = oneRound(placement, seconds, progress);
            repeats.end();
        }
        disturbedRounds += disturbed ? 1 : 0;
    }

    private boolean oneRound(Placement placement, double seconds, Progress progress) {
        double before = placement.lineNanos();
        Contestant.Run run = vlink.run(BenchPlan.ONE, seconds);
        packetNanos.add(run.number("rttNanosP50"));
        packetNanosP99.add(run.number("rttNanosP99"));
        lineNanos.add(line.run());
        lineAndDescriptorNanos.add(lineAndDescriptor.run());
        progress.say("one in flight: packet %.0f ns, line and descriptor %.0f ns, line %.0f ns".formatted(
                packetNanos.getLast(), lineAndDescriptorNanos.getLast(), lineNanos.getLast()));
        return Placement.isMoved(List.of(before, lineNanos.getLast(), placement.lineNanos()))
                || run.seen().runDelay() > Noise.RUN_DELAY_LIMIT;
    }

    /** {@return rounds that were disturbed all the same} */
    int disturbedRounds() {
        return disturbedRounds;
    }

    /** {@return the packet's round trip over that of a line with its descriptor line, a number for each round} */
    Series ratios() {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < packetNanos.size(); i++) {
            ratios.add(packetNanos.get(i) / lineAndDescriptorNanos.get(i));
        }
        return new Series(ratios);
    }

    Map<String, Series> nanos() {
        Map<String, Series> nanos = new LinkedHashMap<>();
        nanos.put("packet", new Series(packetNanos));
        nanos.put("packetP99", new Series(packetNanosP99));
        nanos.put("lineAndDescriptor", new Series(lineAndDescriptorNanos));
        nanos.put("line", new Series(lineNanos));
        return nanos;
    }

    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        nanos().forEach((name, series) -> json.put(name + "Nanos", series.toJson()));
        json.put("ratio", ratios().toJson());
        return json;
    }
}
