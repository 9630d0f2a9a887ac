// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

/**
 * How long something that only pays while packets go round is left alone after it has ended: a short while if it was of use, and
 * twice as long as the last time if it was not. Counted in bursts. One thread.
 */
final class BackOff {
    /** Bursts that are waited after what was of use, unless something else is said. */
    static final int SHORTEST = 64;
    private static final int LONGEST = 1 << 16;
    /** Laps that make up for what beginning and ending cost. */
    private static final int WORTHWHILE_LAPS = 16;

    private final int shortest;
    private int wait;
    private int left;

    /**
     * Nothing has to be waited for yet.
     *
     * @param shortest bursts that are waited after what was of use
     */
    BackOff(int shortest) {
        this.shortest = shortest;
        this.wait = shortest;
    }

    /** Whether there is no need to wait any more; counts one burst if there is. */
    boolean isOver() {
        if (left == 0) {
            return true;
        }
        left--;
        return false;
    }

    /**
     * Begins to wait.
     *
     * @param laps how often as many packets came back as go round
     */
    void begin(long laps) {
        wait = laps >= WORTHWHILE_LAPS ? shortest : Math.min(LONGEST, 2 * wait);
        left = wait;
    }
}
