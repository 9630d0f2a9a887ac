// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

import java.util.concurrent.atomic.AtomicReference;

/** Ends a run for all of its workers; the first reason stays. Any thread. */
final class StopSwitch {
    /**
     * What ended a run.
     *
     * @param reason why
     * @param link   on which link; null if it has nothing to do with one
     */
    record Cause(StopReason reason, String link) {
    }

    private final AtomicReference<Cause> cause = new AtomicReference<>();
    private volatile boolean thrown;

    void stop(StopReason reason, String link) {
        cause.compareAndSet(null, new Cause(reason, link));
        thrown = true;
    }

    /** {@return whether the run is to end; cheap} */
    boolean isThrown() {
        return thrown;
    }

    /** {@return what ended it, or null} */
    Cause cause() {
        return cause.get();
    }
}
