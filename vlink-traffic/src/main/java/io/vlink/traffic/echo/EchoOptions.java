// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.echo;

import io.vlink.traffic.worker.BurstOptions;
import io.vlink.traffic.worker.Usage;
import io.vlink.traffic.worker.WorkerOptions;
import java.io.PrintWriter;
import java.time.Duration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options of an echo, alike on both sides; a picocli mixin. One thread. */
public final class EchoOptions {
    /** What {@code --help} says of the exit status. */
    public static final String EXIT_STATUS = "Exit status: 0 ended as asked, 1 failed or agent gone, 2 wrong usage.";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Mixin
    private WorkerOptions workers;

    @Mixin
    private BurstOptions bursts;

    // spotless:off
    @Option(names = "--forward", paramLabel = "macswap|io|drop", defaultValue = "macswap",
            description = "what becomes of a packet: back with its MAC addresses swapped, back untouched, or nothing;"
                    + " default: ${DEFAULT-VALUE}")
    private Forward forward;
    @Option(names = "--count", paramLabel = "N", description = "end after so many packets; default: no limit")
    private Long count;
    @Option(names = "--duration", paramLabel = "TIME",
            description = "how long, such as 30 (seconds), 10m or 1h; default: no limit")
    private Duration duration;
    @Option(names = "--stats", paramLabel = "TIME",
            description = "a line of counts each time so much has passed; default: none")
    private Duration stats;
    @Option(names = "--json", description = "the counts at the end as one line of JSON")
    private boolean json;
    // spotless:on

    /** Made by picocli. */
    public EchoOptions() {
    }

    /**
     * What is to be done, checked; before anything is attached.
     *
     * @return the plan
     * @throws ParameterException one line: wrong usage
     */
    public EchoPlan plan() {
        require(count == null || count >= 1, "count must be at least 1", "count", count);
        long nanos = duration == null ? 0 : Usage.nanos(command, "duration", duration);
        statsNanos();
        int burst = bursts.burst(EchoPlan.MAX_BURST);
        return new EchoPlan(workers.lcores(), workers.idle(), forward, burst == 0 ? BurstOptions.DEFAULT_BURST : burst,
                bursts.txPolicy(), count == null ? 0 : count, nanos);
    }

    private long statsNanos() {
        return stats == null ? 0 : Usage.nanos(command, "stats", stats);
    }

    private void require(boolean holds, String rule, String name, Object value) {
        Usage.require(command, holds, rule, name, value);
    }

    /**
     * Says what happens, as the options want it told.
     *
     * @param out for results
     * @param err for events
     * @return a voice that has said nothing yet
     */
    public EchoVoice voice(PrintWriter out, PrintWriter err) {
        return new EchoVoice(command.root().name(), out, err, json, statsNanos());
    }
}
