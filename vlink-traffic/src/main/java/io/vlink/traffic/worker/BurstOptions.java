// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.worker;

import io.vlink.infra.port.TxPolicy;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options about bursts and full queues, for every program that sends; a picocli mixin. One thread. */
public final class BurstOptions {
    /** Packets in a burst, unless a program is asked for something else, or a queue holds less. */
    public static final int DEFAULT_BURST = 32;

    private static final long MAX_DELAY_MICROS = TimeUnit.SECONDS.toMicros(1);

    /** What to do with packets that find the queue full. */
    enum Policy {
        DROP, RETRY
    }

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    // spotless:off
    @Option(names = "--burst", paramLabel = "N",
            description = "packets in a burst at most; default: " + DEFAULT_BURST + ", or what a queue holds if that is less")
    private Integer burst;
    @Option(names = "--tx-policy", paramLabel = "drop|retry", defaultValue = "retry",
            description = "packets that find the queue full are dropped, or tried again; default: ${DEFAULT-VALUE}")
    private Policy policy;
    @Option(names = "--retry-num", paramLabel = "N",
            description = "retries before packets are dropped; default: no limit")
    private Integer retries;
    @Option(names = "--retry-delay", paramLabel = "US", defaultValue = "0",
            description = "microseconds before each retry; default: ${DEFAULT-VALUE}")
    private long delayMicros;
    // spotless:on

    /** Made by picocli. */
    public BurstOptions() {
    }

    /**
     * How many packets a burst has.
     *
     * @param most what the program can do
     * @return 1 to that many packets; 0 for {@link #DEFAULT_BURST}, or fewer where the queue is smaller
     * @throws ParameterException one line: wrong usage
     */
    public int burst(int most) {
        Usage.require(command, burst == null || (burst >= 1 && burst <= most), "burst must be 1 to " + most, "burst",
                burst);
        return burst == null ? 0 : burst;
    }

    /**
     * What becomes of packets that find a queue full.
     *
     * @return {@link Integer#MAX_VALUE} retries are no limit
     * @throws ParameterException one line: wrong usage
     */
    public TxPolicy txPolicy() {
        Usage.require(command, retries == null || retries >= 1,
                "retry-num must be at least 1, or left out for no limit",
                "retry-num", retries);
        Usage.require(command, retries == null || policy == Policy.RETRY, "retry-num must come with --tx-policy=retry",
                "retry-num", retries);
        Usage.require(command, delayMicros >= 0 && delayMicros <= MAX_DELAY_MICROS,
                "retry-delay must be 0 to " + MAX_DELAY_MICROS + " microseconds", "retry-delay", delayMicros);
        if (policy == Policy.DROP) {
            return TxPolicy.DROP;
        }
        return new TxPolicy(retries == null ? Integer.MAX_VALUE : retries, TimeUnit.MICROSECONDS.toNanos(delayMicros));
    }
}
