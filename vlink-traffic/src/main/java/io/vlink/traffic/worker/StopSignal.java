// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.worker;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * SIGINT and SIGTERM: they do not end the program but ask it to stop; it drains and reports, and the exit status is its own.
 * Any thread.
 */
public final class StopSignal {
    /** A program that does not end by itself after a signal is given up after this long. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int KILLED = 1;

    private final CompletableFuture<Integer> status = new CompletableFuture<>();
    private final Thread hook = new Thread(this::onSignal, "stop-signal");
    private volatile boolean requested;
    private volatile Runnable action = () -> {
    };

    private StopSignal() {
    }

    /** {@return one that nothing but {@link #request} sets off} */
    public static StopSignal none() {
        return new StopSignal();
    }

    /** {@return one that the signals set off, until it is {@link #finished}} */
    public static StopSignal install() {
        StopSignal stop = new StopSignal();
        Runtime.getRuntime().addShutdownHook(stop.hook);
        return stop;
    }

    private void onSignal() {
        request();
        int exit = KILLED;
        try {
            exit = status.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException | InterruptedException e) {
            // It did not stop: a failure, whatever it has printed so far.
            exit = KILLED;
        }
        // Without this the status would be 128 + the signal's number, although nothing went wrong.
        Runtime.getRuntime().halt(exit);
    }

    /** Asks the program to stop. */
    public void request() {
        requested = true;
        action.run();
    }

    /** {@return whether it has been asked to} */
    public boolean isRequested() {
        return requested;
    }

    /**
     * Sets what a request does besides being remembered; done at once if there was one already, perhaps twice.
     *
     * @param newAction returns at once
     */
    public void onRequest(Runnable newAction) {
        action = newAction;
        if (requested) {
            newAction.run();
        }
    }

    /**
     * Tells that everything is in order and all output written. After a signal this ends the process; otherwise signals have
     * their usual effect from now on.
     *
     * @param exitStatus the program's
     */
    public void finished(int exitStatus) {
        status.complete(exitStatus);
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            awaitHalt(); // the hook runs already, and ends the process with the status
        }
    }

    private void awaitHalt() {
        try {
            hook.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
