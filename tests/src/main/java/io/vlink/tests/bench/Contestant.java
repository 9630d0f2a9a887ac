// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.Map;

/** One of those that are compared. One thread. */
interface Contestant {
    /** {@return its name in tables and JSON} */
    String name();

    /**
     * One run with fresh processes: both sides start, warm up, are measured and end.
     *
     * @param traffic what flows
     * @param seconds of measuring
     * @return packets per second that came back to the sender, and what else is to be known
     * @throws io.vlink.tests.lab.LabException if it does not run
     */
    Run run(Traffic traffic, double seconds);

    /**
     * Result of a run.
     *
     * @param pps      round trips per second
     * @param runDelay share of the time in which a polling thread waited for its processor, the worse of both sides
     * @param host     memory of the host's process
     * @param guest    memory of the guest's process
     * @param details  everything else
     */
    record Run(double pps, double runDelay, ProcessMemory host, ProcessMemory guest, Map<String, Object> details) {
        /** {@return one of the details that is a number} */
        double number(String name) {
            return ((Number) details.get(name)).doubleValue();
        }
    }
}
