// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Contestants on the same two processors in turns so short that what else goes on there hits them alike: who shares the cores
 * of a virtual machine can halve its speed for seconds at a time. All run from the first turn to the last; who has no turn
 * stands still. One thread.
 */
final class Turns {
    /** Of one turn. Caches are full again after some hundred microseconds of it. */
    static final double SECONDS = 0.1;

    private Turns() {
    }

    /**
     * Starts all, warms each up, and gives each its turns, A B C A B C ….
     *
     * @param contestants with different names
     * @param traffic     what flows
     * @param seconds     of all turns of each together
     * @param pace        looked at before each has its next turn
     * @return what each has done, by name
     * @throws io.vlink.tests.lab.LabException if one of them does not run
     */
    static Map<String, Contestant.Run> run(List<Contestant> contestants, Traffic traffic, double seconds, Pace pace) {
        List<Pair> pairs = new ArrayList<>();
        try {
            for (Contestant contestant : contestants) {
                Pair pair = contestant.start(traffic);
                pairs.add(pair);
                pair.warm(contestant.warmSeconds());
                pair.pause();
            }
            for (int turn = 1; turn < count(seconds); turn++) {
                pace.await();
                pairs.forEach(pair -> pair.turn(SECONDS));
            }
            pace.await();
            Map<String, Contestant.Run> runs = new LinkedHashMap<>();
            for (int i = 0; i < pairs.size(); i++) {
                runs.put(contestants.get(i).name(), pairs.get(i).lastTurn(SECONDS));
            }
            return runs;
        } finally {
            pairs.forEach(Pair::close);
        }
    }

    /** {@return turns that make so many seconds, at least one} */
    static int count(double seconds) {
        return Math.max(1, (int) Math.round(seconds / SECONDS));
    }
}
