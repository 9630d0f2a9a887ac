// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

/**
 * How much is measured.
 *
 * @param quick       only what takes no long
 * @param noDpdk      without testpmd
 * @param rounds      runs of each contestant in the main comparison
 * @param seconds     of measuring in a run
 * @param warmSeconds before it
 */
record BenchPlan(boolean quick, boolean noDpdk, int rounds, double seconds, double warmSeconds) {
    static BenchPlan quick(boolean noDpdk) {
        return new BenchPlan(true, noDpdk, 5, 1.5, 2);
    }

    static BenchPlan full(boolean noDpdk) {
        return new BenchPlan(false, noDpdk, 9, 2, 2);
    }
}
