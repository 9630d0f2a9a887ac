// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.Map;

/** One of those that are compared. One thread. */
interface Contestant {
    /** {@return its name in tables and JSON} */
    String name();

    /** {@return so long does it take to be as fast as it becomes, in seconds} */
    double warmSeconds();

    /**
     * Starts fresh processes for both sides.
     *
     * @param traffic what flows
     * @return both, which move packets
     * @throws io.vlink.tests.lab.LabException if they do not run
     */
    Pair start(Traffic traffic);

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
