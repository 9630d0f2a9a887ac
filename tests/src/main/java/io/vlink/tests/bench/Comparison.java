// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Rounds of several contestants with the same traffic; the first is compared with each of the others. One thread.
 */
final class Comparison {
    private final String title;
    private final Traffic traffic;
    private final List<Contestant> contestants;
    private final Pace pace;
    private final List<Round> rounds = new ArrayList<>();

    Comparison(String title, Traffic traffic, List<Contestant> contestants, Pace pace) {
        this.title = title;
        this.traffic = traffic;
        this.contestants = List.copyOf(contestants);
        this.pace = pace;
    }

    /**
     * One run of each, in {@link Turns}. A round that other programs have disturbed is done again, a few times and while there is
     * time; one within which the processors were moved stays, as that hits all contestants alike.
     */
    void round(Placement placement, double seconds, Repeats repeats, Progress progress) {
        Round round = oneRound(placement, seconds, progress);
        for (int i = 0; i < Repeats.MOST && round.disturbance() > 0 && repeats.begin(); i++) {
            progress.say("again, because that round was disturbed");
            Round again = oneRound(placement, seconds, progress);
            round = again.disturbance() < round.disturbance() ? again : round;
            repeats.end();
        }
        rounds.add(round);
    }

    private Round oneRound(Placement placement, double seconds, Progress progress) {
        double before = placement.lineNanos();
        Map<String, Contestant.Run> runs = Turns.run(contestants, traffic, seconds, pace);
        Round round = new Round(runs, List.of(before, placement.lineNanos()), pace.takeMedian());
        runs.forEach((name, run) -> progress.say("%s: %-11s %s: %.2f Mpps".formatted(title, name, traffic,
                run.pps() / 1e6)
                + (run.number(TestpmdPair.LOST) > 0
                        ? ", %.0f of the window lost".formatted(run.number(TestpmdPair.LOST))
                        : "")
                + (isShared(run) ? ", core shared %.1f %%".formatted(run.seen().runDelay() * 100) : "")));
        double share = pace.share(round.blockNanos);
        if (share < Pace.UNDISTURBED) {
            progress.say("in that round the processors were at %.0f %% of their pace".formatted(share * 100));
        }
        return round;
    }

    private static boolean isShared(Contestant.Run run) {
        return run.seen().runDelay() > Noise.RUN_DELAY_LIMIT;
    }

    /** One run of each, what a bare cache line took before and after them, and the pace of the processors before turns. */
    private record Round(Map<String, Contestant.Run> runs, List<Double> lineNanos, double blockNanos) {
        /** {@return how many of the runs cannot be relied on} */
        private long disturbance() {
            return runs.values().stream().filter(Comparison::isShared).count();
        }
    }

    /** {@return what a bare cache line took there and back, beside all the runs, in nanoseconds} */
    Series lineNanos() {
        return new Series(usable().stream().flatMap(round -> round.lineNanos.stream()).toList());
    }

    /** {@return the share of their full pace that the processors had before turns, a number for each round} */
    Series pace() {
        return new Series(usable().stream().map(round -> pace.share(round.blockNanos)).toList());
    }

    /** {@return rounds that were done} */
    int rounds() {
        return rounds.size();
    }

    /** {@return rounds that nothing has disturbed} */
    int quietRounds() {
        return (int) rounds.stream().filter(round -> round.disturbance() == 0).count();
    }

    /** The quiet rounds; all of them if there is none. What the others show is what else the machine did. */
    private List<Round> usable() {
        List<Round> quiet = rounds.stream().filter(round -> round.disturbance() == 0).toList();
        return quiet.isEmpty() ? rounds : quiet;
    }

    /** {@return what was compared, in a word or two} */
    String title() {
        return title;
    }

    Traffic traffic() {
        return traffic;
    }

    /** {@return the names, the one that is compared first} */
    List<String> names() {
        return contestants.stream().map(Contestant::name).toList();
    }

    List<Contestant.Run> runs(String name) {
        return usable().stream().map(round -> round.runs.get(name)).toList();
    }

    Series rates(String name) {
        return series(name, Contestant.Run::pps);
    }

    /** {@return a number of each run of a contestant} */
    Series series(String name, ToDoubleFunction<Contestant.Run> number) {
        return new Series(runs(name).stream().mapToDouble(number).boxed().toList());
    }

    /** {@return the first one's rate over the other's, a number for each round} */
    Series ratios(String other) {
        List<Contestant.Run> ours = runs(contestants.getFirst().name());
        List<Contestant.Run> theirs = runs(other);
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < theirs.size(); i++) {
            ratios.add(ours.get(i).pps() / theirs.get(i).pps());
        }
        return new Series(ratios);
    }

    /** {@return rates and ratios as members of a JSON object} */
    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("measure", title);
        json.put("frameBytes", (long) traffic.frameBytes());
        json.put("window", (long) traffic.window());
        json.put("burst", (long) traffic.burst());
        json.put("rounds", (long) rounds.size());
        json.put("quietRounds", (long) quietRounds());
        json.put("noise", Noise.complaints(this));
        json.put("lineNanos", lineNanos().toJson());
        json.put("pace", pace().toJson());
        for (String name : names()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("pps", rates(name).toJson());
            one.put("coreShared", series(name, run -> run.seen().runDelay()).toJson());
            one.put("windowLost", series(name, run -> run.number(TestpmdPair.LOST)).max());
            Seen last = runs(name).getLast().seen();
            one.put("hostResidentKib", last.host().residentKib());
            one.put("guestResidentKib", last.guest().residentKib());
            one.put("hostHugepagesKib", last.host().hugepagesKib());
            one.put("guestHugepagesKib", last.guest().hugepagesKib());
            if (!name.equals(names().getFirst())) {
                one.put("ratio", ratios(name).toJson());
            }
            json.put(name, one);
        }
        return json;
    }
}
