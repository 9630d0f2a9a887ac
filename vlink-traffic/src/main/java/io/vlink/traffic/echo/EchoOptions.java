// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.echo;

import io.vlink.infra.port.TxPolicy;
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
    private static final long MAX_DELAY_MICROS = TimeUnit.SECONDS.toMicros(1);

    /** What to do with packets that find the queue full. */
    enum Policy {
        DROP, RETRY
    }

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Mixin
    private WorkerOptions workers;

    // spotless:off
    @Option(names = "--forward", paramLabel = "macswap|io|drop", defaultValue = "macswap",
            description = "what becomes of a packet: back with its MAC addresses swapped, back untouched, or nothing;"
                    + " default: ${DEFAULT-VALUE}")
    private Forward forward;
    @Option(names = "--burst", paramLabel = "N", defaultValue = "32",
            description = "packets at a time, 1 to " + EchoPlan.MAX_BURST + "; default: ${DEFAULT-VALUE}")
    private int burst;
    @Option(names = "--tx-policy", paramLabel = "drop|retry", defaultValue = "retry",
            description = "packets that find the queue full are dropped, or tried again; default: ${DEFAULT-VALUE}")
    private Policy policy;
    @Option(names = "--retry-num", paramLabel = "N",
            description = "retries before packets are dropped; default: no limit")
    private Integer retries;
    @Option(names = "--retry-delay", paramLabel = "US", defaultValue = "0",
            description = "microseconds before each retry; default: ${DEFAULT-VALUE}")
    private long delayMicros;
    @Option(names = "--count", paramLabel = "N", description = "end after so many packets")
    private long count;
    @Option(names = "--duration", paramLabel = "S", description = "end after so many seconds")
    private double seconds;
    @Option(names = "--stats", paramLabel = "S", description = "a line of counts every so many seconds")
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
        require(burst >= 1 && burst <= EchoPlan.MAX_BURST, "--burst must be 1 to " + EchoPlan.MAX_BURST, burst);
        require(retries == null || retries >= 1, "--retry-num must be 1 or more, or left out for no limit", retries);
        require(policy == Policy.RETRY || retries == null, "--retry-num needs --tx-policy=retry", retries);
        require(delayMicros >= 0 && delayMicros <= MAX_DELAY_MICROS, "--retry-delay must be 0 to 1000000 microseconds",
                delayMicros);
        require(count >= 0, "--count must be positive", count);
        require(seconds >= 0 && seconds < Integer.MAX_VALUE, "--duration must be positive", seconds);
        require(statsSeconds >= 0, "--stats must be positive", statsSeconds);
        return new EchoPlan(workers.lcores(), workers.idle(), forward, burst, txPolicy(), count,
                Math.round(seconds * TimeUnit.SECONDS.toNanos(1)));
    }

    private TxPolicy txPolicy() {
        if (policy == Policy.DROP) {
            return TxPolicy.DROP;
        }
        return new TxPolicy(retries == null ? Integer.MAX_VALUE : retries, TimeUnit.MICROSECONDS.toNanos(delayMicros));
    }

    private void require(boolean good, String rule, Object value) {
        if (!good) {
            throw new ParameterException(command.commandLine(), rule + ": " + value);
        }
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
