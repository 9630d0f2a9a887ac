// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

/** Time that is left for doing again what was disturbed. One thread. */
final class Repeats {
    /** How often a round is done again, at most. */
    static final int MOST = 3;

    private final Progress progress;
    private final double hurrySeconds;
    private double secondsLeft;
    private double began;

    Repeats(Progress progress, double seconds, double hurrySeconds) {
        this.progress = progress;
        this.secondsLeft = seconds;
        this.hurrySeconds = hurrySeconds;
    }

    /** {@return whether there is time for one more; if so it runs until {@link #end}} */
    boolean begin() {
        began = progress.seconds();
        return secondsLeft > 0 && began < hurrySeconds;
    }

    void end() {
        secondsLeft -= progress.seconds() - began;
    }
}
