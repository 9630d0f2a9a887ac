// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.worker;

/** The end of a thread that uses memory which is unmapped next, so that nothing may cut the waiting short. Stateless. */
public final class EndOfThread {
    private EndOfThread() {
    }

    /**
     * Waits until a thread has ended. Whoever interrupts the caller meanwhile is remembered, not obeyed: the caller is
     * interrupted afterwards.
     *
     * @param thread that was started; another one than the caller's
     */
    public static void await(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
