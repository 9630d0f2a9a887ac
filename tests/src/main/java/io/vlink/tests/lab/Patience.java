// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.lab;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.TerminalFailureException;

/** Waits for what a process is to bring about. Stateless. */
public final class Patience {
    private static final Duration POLL = Duration.ofMillis(10);

    private Patience() {
    }

    /**
     * Waits until something is so.
     *
     * @param what      is to be so, for the error message
     * @param limit     at most so long
     * @param needed    without whom it will never be so
     * @param condition whether it is; called in this thread, every ten milliseconds
     * @throws LabException if the time runs out, or the process ends
     */
    public static void await(String what, Duration limit, ManagedProcess needed, BooleanSupplier condition) {
        try {
            Awaitility.await().pollInSameThread().pollDelay(Duration.ZERO).pollInterval(POLL).atMost(limit)
                    .failFast(() -> !needed.isAlive()).until(condition::getAsBoolean);
        } catch (ConditionTimeoutException e) {
            throw new LabException("not within " + limit.toSeconds() + " s: " + what, needed.tail(20));
        } catch (TerminalFailureException e) {
            throw new LabException("the process ended before: " + what, needed.tail(20));
        }
    }
}
