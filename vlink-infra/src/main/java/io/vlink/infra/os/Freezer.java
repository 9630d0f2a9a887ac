// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

/**
 * Has processes stand still and go on, for measurements in turn. The signal to stop goes to a thread that runs: it is interrupted
 * at once and stops all the others, where a thread that sleeps would have to wait for a processor first, milliseconds if
 * those are busy. Source: {@code tgkill(2)}, {@code kill(2)}, {@code signal(7)}. For any thread.
 */
public final class Freezer {
    /** The same numbers on AMD64 and AArch64. */
    private static final int SIGCONT = 18;
    private static final int SIGSTOP = 19;

    private Freezer() {
    }

    /**
     * Has all threads of a process stand still until {@link #goOn}.
     *
     * @param process its id
     * @param thread  id of one of its threads, at best of one that runs
     * @return whether the thread was there
     */
    public static boolean stop(long process, long thread) {
        return ProcessCalls.tgkill((int) process, (int) thread, SIGSTOP) == 0;
    }

    /**
     * Has a process go on.
     *
     * @param process its id
     * @return whether it was there
     */
    public static boolean goOn(long process) {
        return ProcessCalls.kill((int) process, SIGCONT) == 0;
    }
}
