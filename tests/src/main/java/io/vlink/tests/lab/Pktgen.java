// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs {@code pktgen} against a link of a lab's agent. Stateless. */
public final class Pktgen {
    private Pktgen() {
    }

    /**
     * How a run ended.
     *
     * @param status exit status
     * @param json   its report
     * @param errors all that it printed, for messages
     */
    public record Result(int status, Map<String, Object> json, String errors) {
        /**
         * A count of the report.
         *
         * @param name such as {@code sent}
         * @return its value, or -1 if there is none
         */
        public long count(String name) {
            return json.get(name) instanceof Number number ? number.longValue() : -1;
        }
    }

    /**
     * Starts pktgen in the background.
     *
     * @param lab     where the agent runs
     * @param link    link to attach to
     * @param options further options
     * @return the running process; its last line of output will be its report
     */
    public static ManagedProcess start(Lab lab, String link, String... options) {
        List<String> command = new ArrayList<>(List.of(lab.program("pktgen"), "--run-dir",
                lab.runDirectory().toString(), "--vdev=eth_vlink0,link=" + link + ",mode=mq", "--json"));
        command.addAll(List.of(options));
        return lab.start("pktgen", command);
    }

    /**
     * Runs pktgen to its end.
     *
     * @param lab     where the agent runs
     * @param link    link to attach to
     * @param limit   at most so long
     * @param options further options
     * @return its report
     * @throws LabException if it printed none
     */
    public static Result run(Lab lab, String link, Duration limit, String... options) {
        return finish(start(lab, link, options), limit);
    }

    /**
     * Waits for a pktgen that was started in the background.
     *
     * @param process from {@link #start}
     * @param limit   at most so long
     * @return its report
     * @throws LabException if it printed none
     */
    public static Result finish(ManagedProcess process, Duration limit) {
        int status = process.awaitExit(limit);
        if (process.outputLines().isEmpty()) {
            throw new LabException("pktgen failed: status=" + status, process.tail(20));
        }
        return new Result(status, JsonLine.read(process.outputLines().getLast()), process.tail(20));
    }
}
