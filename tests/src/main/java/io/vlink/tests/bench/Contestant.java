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
     * @return packets per second, and what else is to be known
     * @throws io.vlink.tests.lab.LabException if it does not run
     */
    Run run(Traffic traffic, double seconds);

    /**
     * Result of a run.
     *
     * @param pps     packets per second: round trips, or in one direction
     * @param seen    what was seen of its processes
     * @param details everything else
     */
    record Run(double pps, Seen seen, Map<String, Object> details) {
        /** {@return one of the details that is a number; 0 if there is none of that name} */
        double number(String name) {
            return details.get(name) instanceof Number number ? number.doubleValue() : 0;
        }
    }
}
