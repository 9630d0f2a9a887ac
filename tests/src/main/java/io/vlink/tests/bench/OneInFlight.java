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
        line.run(); // compiles both
        lineAndDescriptor.run();
    }

    /** One of each; again, a few times and while there is time, if the packet shared its core. */
    void round(double seconds, Repeats repeats, Progress progress) {
        boolean disturbed = oneRound(seconds, progress);
        for (int i = 0; i < Repeats.MOST && disturbed && repeats.begin(); i++) {
            List.of(packetNanos, packetNanosP99, lineNanos, lineAndDescriptorNanos).forEach(List::removeLast);
            disturbed = oneRound(seconds, progress);
            repeats.end();
        }
        disturbedRounds += disturbed ? 1 : 0;
    }

    /** The packet stands still while the lines have their turn. */
    private boolean oneRound(double seconds, Progress progress) {
        List<Double> lines = new ArrayList<>();
        List<Double> linesAndDescriptors = new ArrayList<>();
        Contestant.Run run;
        try (Pair pair = vlink.start(BenchPlan.ONE)) {
            pair.warm(vlink.warmSeconds());
            pair.pause();
            for (int turn = 1; turn < Turns.count(seconds); turn++) {
                pair.turn(Turns.SECONDS);
                lines.add(line.probe());
                linesAndDescriptors.add(lineAndDescriptor.probe());
            }
            run = pair.lastTurn(Turns.SECONDS);
        }
        lines.add(line.probe());
        linesAndDescriptors.add(lineAndDescriptor.probe());
        packetNanos.add(run.number("rttNanosP50"));
        packetNanosP99.add(run.number("rttNanosP99"));
        lineNanos.add(new Series(lines).median());
        lineAndDescriptorNanos.add(new Series(linesAndDescriptors).median());
        progress.say("one in flight: packet %.0f ns, line and descriptor %.0f ns, line %.0f ns".formatted(
                packetNanos.getLast(), lineAndDescriptorNanos.getLast(), lineNanos.getLast()));
        return run.seen().runDelay() > Noise.RUN_DELAY_LIMIT;
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
