// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

import io.vlink.traffic.frame.UdpFrame;
import io.vlink.traffic.worker.BurstOptions;
import io.vlink.traffic.worker.Lcores;
import io.vlink.traffic.worker.Usage;
import io.vlink.traffic.worker.WorkerOptions;
import java.time.Duration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options of the generator, alike on both sides; a picocli mixin. One thread. */
public final class PktgenOptions {
    /** What {@code --help} says of the exit status. */
    public static final String EXIT_STATUS = "Exit status: 0 every packet came back in order and unchanged"
            + " (--one-way: was taken), 1 not so or failed, 2 wrong usage.";

    private static final int MAX_BURST = 1_024;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    // spotless:off
    @Option(names = "--count", paramLabel = "N", description = "packets to send; default: no limit")
    private Long count;
    @Option(names = "--duration", paramLabel = "TIME",
            description = "how long to send, such as 30 (seconds), 10m or 1h; default: no limit")
    private Duration duration;
    @Option(names = "--size", paramLabel = "BYTES", defaultValue = "64",
            description = "frame size, 64 to the link's MTU + 18, counting the 4 bytes of FCS that a wire would add;"
                    + " default: ${DEFAULT-VALUE}")
    private int size;
    @Option(names = "--window", paramLabel = "N",
            description = "packets on their way at most; default: 512, or what the queues hold if that is less")
    private Integer window;
    @Option(names = "--rate", paramLabel = "PPS", description = "packets a second at most; default: no limit")
    private Long rate;
    @Option(names = "--one-way", description = "send only: nothing is expected back, and there is no window")
    private boolean oneWay;
    @Option(names = "--queue", paramLabel = "N|all", defaultValue = "all",
            description = "queue of each link to use; default: ${DEFAULT-VALUE}")
    private String queue;
    @Mixin
    private BurstOptions bursts;
    @Mixin
    private WorkerOptions workers;
    @Option(names = "--lcore", paramLabel = "N", description = "the same as --lcores with one processor")
    private Integer lcore;
    @Option(names = "--json", description = "print the result as one line of JSON")
    private boolean json;
    @Option(names = "--timeout", paramLabel = "TIME", defaultValue = "10s",
            description = "how long to wait for the link to come up, and at the end for the last packets;"
                    + " default: ${DEFAULT-VALUE}")
    private Duration timeout;
    // spotless:on

    /** Made by picocli. */
    public PktgenOptions() {
    }

    /**
     * What is to be sent, as far as it can be checked before anything is attached.
     *
     * @return the plan
     * @throws ParameterException one line: wrong usage
     */
    public TrafficPlan plan() {
        require(count == null || count > 0, "count must be at least 1", "count", count);
        long durationNanos = duration == null
                ? Long.MAX_VALUE
                : Usage.nanos(command, "duration", duration);
        long drainNanos = Usage.nanos(command, "timeout", timeout);
        require(size >= UdpFrame.MIN_SIZE && size <= UdpFrame.MAX_SIZE,
                "size must be " + UdpFrame.MIN_SIZE + " to " + UdpFrame.MAX_SIZE + " bytes", "size", size);
        require(window == null || window >= 1, "window must be at least 1", "window", window);
        require(window == null || !oneWay, "window must be left out with --one-way, where nothing comes back", "window",
                window);
        require(rate == null || rate >= 1, "rate must be at least 1, or left out for no limit", "rate", rate);
        require(queue.equals("all") || queue.matches("[0-9]{1,4}"), "queue must be a number or all", "queue", queue);
        return new TrafficPlan(count == null ? Long.MAX_VALUE : count,
                durationNanos, size, bursts.burst(MAX_BURST),
                window == null ? 0 : window, rate == null ? 0 : rate,
                queue.equals("all") ? TrafficPlan.ALL_QUEUES : Integer.parseInt(queue), drainNanos, oneWay,
                bursts.txPolicy(), lcores(), workers.idle());
    }

    private Lcores lcores() {
        Lcores lcores = workers.lcores();
        if (lcore == null) {
            return lcores;
        }
        require(lcores.cores().isEmpty(), "lcore must be left out with --lcores and --pmd-cpu-mask", "lcore", lcore);
        try {
            return Lcores.ofList(lcore.toString());
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage());
        }
    }

    private void require(boolean holds, String rule, String name, Object value) {
        Usage.require(command, holds, rule, name, value);
    }

    /** {@return wrong usage, for the caller to throw} */
    ParameterException wrong(String message) {
        return new ParameterException(command.commandLine(), message);
    }

    /** {@return whether the result is told in JSON} */
    boolean isJson() {
        return json;
    }
}
