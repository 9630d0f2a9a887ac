// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

import io.vlink.infra.port.Port;
import io.vlink.infra.port.PortException;
import io.vlink.traffic.frame.UdpFrame;
import io.vlink.traffic.worker.BurstOptions;
import io.vlink.traffic.worker.PortQueue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Checks of a plan against the ports that it is for; all throw {@link PortException} with one line. */
final class PlanFit {
    private static final int DEFAULT_WINDOW = 512;

    private PlanFit() {
    }

    /** The queues that a plan uses, port by port. */
    static List<PortQueue> queues(TrafficPlan plan, List<GeneratorPort> ports) {
        Set<String> links = new HashSet<>();
        List<PortQueue> queues = new ArrayList<>();
        for (GeneratorPort attached : ports) {
            Port port = attached.port();
            require(links.add(port.link()), "link must be given once: link=" + port.link());
            if (plan.queue() == TrafficPlan.ALL_QUEUES) {
                queues.addAll(PortQueue.all(List.of(port)));
            } else {
                require(plan.queue() < port.queues(), "queue must be 0 to " + (port.queues() - 1) + " in mode="
                        + attached.mode() + ": queue=" + plan.queue());
                queues.add(new PortQueue(port, plan.queue()));
            }
        }
        return queues;
    }

    /** The plan with its burst and window; says no to frames, bursts and windows that do not fit. */
    static TrafficPlan fit(TrafficPlan plan, List<PortQueue> queues) {
        long capacity = 0;
        int burst = plan.burst() == 0 ? BurstOptions.DEFAULT_BURST : plan.burst();
        for (PortQueue queue : queues) {
            Port port = queue.port();
            require(plan.size() <= port.maxFrameBytes() + UdpFrame.FCS_BYTES, "size must be at most "
                    + (port.maxFrameBytes() + UdpFrame.FCS_BYTES) + ", for the link's mtu=" + port.mtu() + ": size="
                    + plan.size());
            int segments = Math.ceilDiv(plan.size() - UdpFrame.FCS_BYTES, port.bufferBytes());
            int fits = port.queueSize() / segments;
            require(fits > 0, "size must be at most " + (port.queueSize() * port.bufferBytes() + UdpFrame.FCS_BYTES)
                    + ", what the link's queue_size=" + port.queueSize() + " holds: size=" + plan.size());
            require(plan.burst() <= fits, "burst must be at most "
                    + (segments == 1 ? "" : fits + " with " + segments + " buffers a packet, for ")
                    + "the link's queue_size=" + port.queueSize() + ": burst=" + plan.burst());
            burst = Math.min(burst, fits);
            capacity += (long) fits * channels(port);
        }
        if (plan.oneWay()) {
            return plan.with(burst, 0);
        }
        require(plan.window() <= capacity, "window must be at most " + capacity + ", what the queues hold: queue_size="
                + queues.getFirst().port().queueSize() + " data_channels=" + channels(queues) + ": window="
                + plan.window());
        int window = plan.window() == 0 ? (int) Math.min(DEFAULT_WINDOW, capacity) : plan.window();
        int workers = Math.min(plan.lcores().workers(), queues.size());
        require(window >= workers, "window must be at least 1 for each of " + workers + " workers: window=" + window);
        return plan.with(burst, window);
    }

    private static int channels(Port port) {
        return port.queues() == 1 ? port.dataChannels() : 1;
    }

    private static int channels(List<PortQueue> queues) {
        return queues.stream().mapToInt(queue -> channels(queue.port())).sum();
    }

    private static void require(boolean rule, String message) {
        if (!rule) {
            throw new PortException(message);
        }
    }

    /** {@return a time as people write it: 10s, 0.5s} */
    static String seconds(long nanos) {
        return java.math.BigDecimal.valueOf(TimeUnit.NANOSECONDS.toMillis(nanos), 3).stripTrailingZeros()
                .toPlainString()
                + "s";
    }
}
