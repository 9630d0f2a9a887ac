// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Runs of several contestants in turn, A B C A B C …, with the same traffic; the first is compared with each of the others. One
 * thread.
 */
final class Comparison {
    /** Runs that are done again in a row, at most. */
    private static final int REPEATS = 3;

    private final String title;
    private final Traffic traffic;
    private final List<Contestant> contestants;
    private final Map<String, List<Contestant.Run>> runs = new LinkedHashMap<>();

    Comparison(String title, Traffic traffic, List<Contestant> contestants) {
        this.title = title;
        this.traffic = traffic;
        this.contestants = List.copyOf(contestants);
        contestants.forEach(contestant -> runs.put(contestant.name(), new ArrayList<>()));
    }

    /**
     * One run of each. A run that other programs have disturbed is done again, a few times and while there is time: what is
     * compared then is what the contestants do, not what else the machine does.
     */
    void round(double seconds, double repeatLimitSeconds, Progress progress) {
        for (Contestant contestant : contestants) {
            Contestant.Run run = oneRun(contestant, seconds, progress);
            for (int i = 0; i < REPEATS && isDisturbed(run) && progress.seconds() < repeatLimitSeconds; i++) {
                Contestant.Run again = oneRun(contestant, seconds, progress);
                run = again.runDelay() < run.runDelay() ? again : run;
            }
            runs.get(contestant.name()).add(run);
        }
    }

    private Contestant.Run oneRun(Contestant contestant, double seconds, Progress progress) {
        Contestant.Run run = contestant.run(traffic, seconds);
        progress.say("%s: %-11s %s: %.2f Mpps".formatted(title, contestant.name(), traffic, run.pps() / 1e6)
                + (isDisturbed(run) ? ", core shared %.1f %%".formatted(run.runDelay() * 100) : ""));
        return run;
    }

    private static boolean isDisturbed(Contestant.Run run) {
        return run.runDelay() > Noise.RUN_DELAY_LIMIT;
    }

    String title() {
        return title;
    }

    Traffic traffic() {
        return traffic;
    }

    /** {@return the names, the one that is compared first} */
    List<String> names() {
        return List.copyOf(runs.keySet());
    }

    List<Contestant.Run> runs(String name) {
        return List.copyOf(runs.get(name));
    }

    Series rates(String name) {
        return series(name, Contestant.Run::pps);
    }

    /** {@return a number of each run of a contestant} */
    Series series(String name, ToDoubleFunction<Contestant.Run> number) {
        return new Series(runs.get(name).stream().mapToDouble(number).boxed().toList());
    }

    /** {@return the first one's rate over the other's, a number for each round} */
    Series ratios(String other) {
        List<Contestant.Run> ours = runs.get(contestants.getFirst().name());
        List<Contestant.Run> theirs = runs.get(other);
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
        for (String name : names()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("pps", rates(name).toJson());
            Contestant.Run last = runs.get(name).getLast();
            one.put("hostResidentKib", last.host().residentKib());
            one.put("guestResidentKib", last.guest().residentKib());
            if (!name.equals(names().getFirst())) {
                one.put("ratio", ratios(name).toJson());
            }
            json.put(name, one);
        }
        return json;
    }
}
