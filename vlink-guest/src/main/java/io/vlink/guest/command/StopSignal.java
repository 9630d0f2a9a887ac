// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.command;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Makes SIGINT and SIGTERM a clean end with exit status 0: the program is told to stop, and has a moment to leave its links and
 * to print its totals. Installed once, on the main thread; the signal arrives on a thread of the virtual machine.
 */
final class StopSignal {
    private static final long GRACE_SECONDS = 5;

    private final Runnable stop;
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook = new Thread(this::onSignal, "stop-signal");

    /**
     * A signal that nobody listens to yet.
     *
     * @param stop tells the program to stop; returns at once
     */
    StopSignal(Runnable stop) {
        this.stop = stop;
    }

    /** Listens from now on. */
    void install() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** The program has left everything in order; an ordinary end goes on as usual. */
    void finished() {
        finished.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            awaitHalt(); // the hook runs already, and ends the process with its own status
        }
    }

    private void onSignal() {
        stop.run();
        int status = 1;
        try {
            status = finished.await(GRACE_SECONDS, TimeUnit.SECONDS) ? 0 : 1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        // Without this the status would be 128 + the signal's number, although nothing went wrong.
        Runtime.getRuntime().halt(status);
    }

    private void awaitHalt() {
        try {
            hook.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
