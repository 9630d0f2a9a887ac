// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
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
     * Starts all, warms each up, and gives each its turns, A B C, B C A, C A B, ….
     *
     * @param contestants with different names
     * @param traffic     what flows
     * @param seconds     of all turns of each together
     * @param pace        looked at, and waited for, before each turn
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
            int turns = count(seconds);
            List<Pair> order = new ArrayList<>(pairs);
            Map<Pair, Contestant.Run> last = new HashMap<>();
            for (int turn = 1; turn <= turns; turn++) {
                for (Pair pair : order) {
                    pace.await();
                    if (turn < turns) {
                        pair.turn(SECONDS);
                    } else {
                        last.put(pair, pair.lastTurn(SECONDS));
                    }
                }
                Collections.rotate(order, -1);
            }
            Map<String, Contestant.Run> runs = new LinkedHashMap<>();
            for (int i = 0; i < pairs.size(); i++) {
                runs.put(contestants.get(i).name(), last.get(pairs.get(i)));
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
