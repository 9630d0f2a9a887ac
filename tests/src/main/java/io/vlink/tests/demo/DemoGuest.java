// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.demo;

import io.vlink.tests.lab.JsonLine;
import io.vlink.tests.lab.LabException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The guest's side of the demo: a VM, or a process without one. Ends with its lab. One thread. */
interface DemoGuest {
    /** At most so long for a command that sends no packets. */
    Duration COMMAND_LIMIT = Duration.ofMinutes(2);

    /** At most so long for a run of packets. */
    Duration TRAFFIC_LIMIT = Duration.ofMinutes(20);

    /** {@return {@code kvm}, {@code tcg}, or {@code none} without a VM} */
    String accelerator();

    /** {@return QEMU's version, or {@code none} without a VM} */
    String qemuVersion();

    /** {@return what {@code vlink-guest info} says} */
    Map<String, Object> info();

    /**
     * Runs {@code vlink-guest pktgen} over all links and queues, to its end.
     *
     * @param packets how many to send
     * @return its report, also where packets were lost
     * @throws LabException if it made none
     */
    Map<String, Object> generate(long packets);

    /** Starts {@code vlink-guest echo} on all links, and waits until it is ready. */
    void startEcho();

    /**
     * Finds the report among what a program printed.
     *
     * @param program its name, for the error message
     * @param status  its exit status
     * @param output  lines of its standard output
     * @param log     what it said besides, for the error message
     * @return the last line, read
     */
    static Map<String, Object> report(String program, int status, List<String> output, String log) {
        if (output.isEmpty() || !output.getLast().startsWith("{")) {
            throw new LabException(program + " made no report: status=" + status, log);
        }
        return JsonLine.read(output.getLast());
    }
}
