// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.property;

import java.util.Random;

/**
 * Runs a property for many random cases, each with a seed of its own. A failure names the seed; -Dvlink.seed=N repeats that case
 * alone, -Dvlink.cases=N multiplies the number of cases. Thread-safe.
 */
public final class Property {
    private static final String SEED = "vlink.seed";
    private static final int FACTOR = Integer.getInteger("vlink.cases", 1);

    private Property() {
    }

    /** What must hold: fails in any way if it does not. */
    @FunctionalInterface
    public interface Case {
        /**
         * Tries one case.
         *
         * @param draw where all of its randomness comes from
         */
        void check(Draw draw);
    }

    /**
     * Tries a property.
     *
     * @param cases    how many cases
     * @param property the property
     * @throws AssertionError with the seed, for the first case in which it does not hold
     */
    public static void holds(int cases, Case property) {
        Long chosen = Long.getLong(SEED);
        long first = chosen != null ? chosen : new Random().nextLong();
        long count = chosen != null ? 1 : (long) cases * FACTOR;
        for (long seed = first; seed != first + count; seed++) {
            try {
                property.check(new Draw(seed));
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(
                        "fails with seed " + seed + ", repeat it with -D" + SEED + "=" + seed + ": " + e,
                        e);
            }
        }
    }
}
