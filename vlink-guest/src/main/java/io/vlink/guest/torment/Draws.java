// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.torment;

/**
 * Random numbers, quick and reproducible: the same seed and round give the same numbers. Source: Steele, Lea, Flood, "Fast
 * splittable pseudorandom number generators" (SplitMix64). One thread.
 */
final class Draws {
    private static final long STEP = 0x9e3779b97f4a7c15L;

    private long state;

    /**
     * The numbers of a round.
     *
     * @param seed  of the whole run
     * @param round which round of it
     */
    Draws(long seed, long round) {
        state = mix(seed + STEP) ^ mix(round * STEP + 1);
    }

    private static long mix(long word) {
        long z = (word ^ (word >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** {@return any 64 bits} */
    long next() {
        state += STEP;
        return mix(state);
    }

    /** {@return 0 to {@code bound - 1}; the bound is positive} */
    int below(int bound) {
        return (int) (((next() >>> 33) * bound) >>> 31);
    }

    /** {@return true once in so many times} */
    boolean oneIn(int times) {
        return below(times) == 0;
    }

    /** {@return one of some numbers} */
    long oneOf(long... numbers) {
        return numbers[below(numbers.length)];
    }
}
