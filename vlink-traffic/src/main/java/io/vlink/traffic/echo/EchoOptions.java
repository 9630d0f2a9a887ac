// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.echo;

import io.vlink.traffic.worker.BurstOptions;
import io.vlink.traffic.worker.Usage;
import io.vlink.traffic.worker.WorkerOptions;
import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options of an echo, alike on both sides; a picocli mixin. One thread. */
public final class EchoOptions {
    private static final int MAX_SECONDS = 1_000_000_000;

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
    private long count;
    @Option(names = "--duration", paramLabel = "S", description = "end after so many seconds; default: no limit")
    private double seconds;
    @Option(names = "--stats", paramLabel = "S", description = "a line of counts every so many seconds; default: none")
    private int statsSeconds;
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
        require(count >= 0, "count must not be negative", "count", count);
        require(seconds >= 0 && seconds <= MAX_SECONDS, "duration must be 0 to " + MAX_SECONDS + " seconds", "duration",
                seconds);
        require(statsSeconds >= 0, "stats must not be negative", "stats", statsSeconds);
        return new EchoPlan(workers.lcores(), workers.idle(), forward, bursts.burst(EchoPlan.MAX_BURST),
                bursts.txPolicy(), count, Math.round(seconds * TimeUnit.SECONDS.toNanos(1)));
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
        return new EchoVoice(out, err, json, statsSeconds);
    }
}
