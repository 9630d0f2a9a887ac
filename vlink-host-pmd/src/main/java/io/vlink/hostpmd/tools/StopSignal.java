// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import io.vlink.hostpmd.VlinkPort;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * SIGINT and SIGTERM: instead of ending the program they make the generator stop, drain and report, and the exit status is
 * the report's. Any thread.
 */
final class StopSignal {
    /** A run that does not end by itself after a signal is given up after this long. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final int KILLED = 1;

    private final CompletableFuture<Integer> status = new CompletableFuture<>();
    private volatile boolean requested;
    private volatile Runnable action = () -> {
    };

    /** {@return one that nothing but {@link #request} sets off} */
    static StopSignal none() {
        return new StopSignal();
    }

    /** {@return one that the signals set off} */
    static StopSignal install() {
        StopSignal stop = new StopSignal();
        Runtime.getRuntime().addShutdownHook(new Thread(stop::shutDown, "stop-signal"));
        return stop;
    }

    /** Runs when the virtual machine ends: by a signal, or because the program has finished. */
    private void shutDown() {
        request();
        int exit = KILLED;
        try {
            exit = status.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException | InterruptedException e) {
            System.err.println("pktgen: stopped without a report: " + e);
        }
        System.out.flush();
        // The only way to an exit status of one's own once a signal has started the shutdown.
        Runtime.getRuntime().halt(exit);
    }

    /** Asks the program to stop. */
    void request() {
        requested = true;
        action.run();
    }

    boolean isRequested() {
        return requested;
    }

    /** Sets what a request does besides being remembered; done at once if there was one already. */
    void onRequest(Runnable newAction) {
        action = newAction;
        if (requested) {
            newAction.run();
        }
    }

    /** Tells that the program is through. */
    void finished(int exitStatus) {
        status.complete(exitStatus);
    }

    /** Waits for a port's link like {@link VlinkPort#waitUntilUp}, but not beyond a request. */
    boolean waitUntilUp(VlinkPort port, Duration timeout) {
        long start = System.nanoTime();
        while (!requested && !port.isAgentGone()) {
            long left = timeout.toNanos() - (System.nanoTime() - start);
            if (port.waitUntilUp(Duration.ofNanos(Math.min(Math.max(left, 0), POLL.toNanos())))) {
                return true;
            }
            if (left <= 0) {
                return false;
            }
        }
        return false;
    }
}
