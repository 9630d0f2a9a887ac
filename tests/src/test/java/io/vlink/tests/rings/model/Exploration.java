// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.model;

import java.util.Arrays;
import java.util.BitSet;
import java.util.function.Predicate;

/**
 * Every state that a model can reach, breadth first; then, backwards, whether the end stays reachable from each of them: a state
 * from which it is not is a deadlock or a livelock that no scheduling can leave.
 */
public final class Exploration {
    private final Model model;
    private final StateStore states;
    private int[] parents = new int[1 << 12];
    private int[] firstEdge = new int[1 << 12];
    private int[] edges = new int[1 << 14];
    private int edgeCount;
    private String violation = "";

    private Exploration(Model model) {
        this.model = model;
        this.states = new StateStore(model.start().length);
    }

    /**
     * Explores a model to its end, or to the first violation.
     *
     * @param model     the model
     * @param maxStates a larger model fails, so that a test cannot eat the machine
     * @return what was found
     */
    public static Exploration of(Model model, int maxStates) {
        Exploration exploration = new Exploration(model);
        exploration.run(maxStates);
        return exploration;
    }

    private void run(int maxStates) {
        add(0, model.start());
        for (int number = 0; number < states.size(); number++) {
            firstEdge = grown(firstEdge, number + 1);
            firstEdge[number] = edgeCount;
            int from = number;
            try {
                model.steps(states.get(number), next -> addEdge(add(from, next)));
            } catch (Violation e) {
                violation = e.getMessage() + path(number);
                return;
            }
            if (states.size() > maxStates) {
                throw new AssertionError("the model has more states than expected: max_states=" + maxStates);
            }
        }
        firstEdge = grown(firstEdge, states.size() + 1);
        firstEdge[states.size()] = edgeCount;
        int stuck = firstStuck();
        if (stuck >= 0) {
            violation = "the end cannot be reached any more" + path(stuck);
        }
    }

    private int add(int from, byte[] state) {
        int before = states.size();
        int number = states.numberOf(state);
        if (number == before) {
            parents = grown(parents, number + 1);
            parents[number] = from;
        }
        return number;
    }

    private void addEdge(int to) {
        edges = grown(edges, edgeCount + 1);
        edges[edgeCount++] = to;
    }

    private static int[] grown(int[] array, int length) {
        return length <= array.length ? array : Arrays.copyOf(array, Math.max(length, array.length * 2));
    }

    /** {@return the first state from which no state that is done can be reached; -1: there is none} */
    private int firstStuck() {
        int[] firstReverse = new int[states.size() + 1];
        for (int edge = 0; edge < edgeCount; edge++) {
            firstReverse[edges[edge] + 1]++;
        }
        for (int number = 0; number < states.size(); number++) {
            firstReverse[number + 1] += firstReverse[number];
        }
        int[] fill = firstReverse.clone();
        int[] reverse = new int[edgeCount];
        for (int number = 0; number < states.size(); number++) {
            for (int edge = firstEdge[number]; edge < firstEdge[number + 1]; edge++) {
                reverse[fill[edges[edge]]++] = number;
            }
        }
        BitSet reached = new BitSet(states.size());
        int[] queue = new int[states.size()];
        int filled = 0;
        for (int number = 0; number < states.size(); number++) {
            if (model.isDone(states.get(number))) {
                reached.set(number);
                queue[filled++] = number;
            }
        }
        for (int taken = 0; taken < filled; taken++) {
            for (int edge = firstReverse[queue[taken]]; edge < firstReverse[queue[taken] + 1]; edge++) {
                if (!reached.get(reverse[edge])) {
                    reached.set(reverse[edge]);
                    queue[filled++] = reverse[edge];
                }
            }
        }
        return filled == states.size() ? -1 : reached.nextClearBit(0);
    }

    private String path(int last) {
        StringBuilder text = new StringBuilder();
        for (int number = last; number != 0; number = parents[number]) {
            text.insert(0, "\n  " + model.describe(states.get(number)));
        }
        return text.insert(0, "\n  " + model.describe(states.get(0))).toString();
    }

    /** {@return the invariant that is broken and the shortest way there; empty: none is} */
    public String violation() {
        return violation;
    }

    /** {@return states explored} */
    public int stateCount() {
        return states.size();
    }

    /** {@return steps explored} */
    public int stepCount() {
        return edgeCount;
    }

    /**
     * Whether some state is as described; tells that a model goes where it is meant to.
     *
     * @param wanted the description
     * @return true if one is
     */
    public boolean reaches(Predicate<byte[]> wanted) {
        for (int number = 0; number < states.size(); number++) {
            if (wanted.test(states.get(number))) {
                return true;
            }
        }
        return false;
    }
}
