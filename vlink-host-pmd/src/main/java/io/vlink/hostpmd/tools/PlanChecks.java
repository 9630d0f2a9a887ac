// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import io.vlink.hostpmd.LinkMode;
import io.vlink.hostpmd.VlinkPort;
import io.vlink.traffic.frame.UdpFrame;
import io.vlink.spec.pci.Limits;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The numbers of a command line, checked: alone first, so that a mistake shows before anything is attached, then against the
 * port. A null was not given. Immutable.
 *
 * @param count           packets
 * @param durationSeconds seconds
 * @param size            bytes, FCS counted
 * @param burst           packets
 * @param window          packets
 * @param rate            packets a second
 * @param queue           a number or "all"
 * @param timeoutSeconds  seconds
 */
record PlanChecks(Long count, Double durationSeconds, int size, int burst, Integer window, Long rate, String queue,
        double timeoutSeconds) {
    private static final int MAX_BURST = 1_024;
    private static final int DEFAULT_WINDOW = 512;
    private static final double MAX_SECONDS = 1e9;

    /** Checks what can be checked without a port; throws {@link UsageException}. */
    void checkNumbers() {
        require(count == null || count > 0, "count must be at least 1", "count", count);
        require(durationSeconds == null || isTime(durationSeconds), "duration must be more than 0 seconds", "duration",
                durationSeconds);
        require(isTime(timeoutSeconds), "timeout must be more than 0 seconds", "timeout", timeoutSeconds);
        require(size >= UdpFrame.MIN_SIZE && size <= UdpFrame.maxSize(Limits.DEFAULT_MTU),
                "size must be " + UdpFrame.MIN_SIZE + " to " + UdpFrame.maxSize(Limits.DEFAULT_MTU) + " bytes", "size",
                size);
        require(burst >= 1 && burst <= MAX_BURST, "burst must be 1 to " + MAX_BURST, "burst", burst);
        require(window == null || window >= 1, "window must be at least 1", "window", window);
        require(rate == null || rate >= 1, "rate must be at least 1, or left out for no limit", "rate", rate);
        require(queue.equals("all") || queue.matches("[0-9]{1,4}"), "queue must be a number or all", "queue", queue);
    }

    private static boolean isTime(double seconds) {
        return seconds > 0 && seconds < MAX_SECONDS;
    }

    /** {@return what to send through a port} */
    TrafficPlan planFor(VlinkPort port) {
        int largest = UdpFrame.maxSize(port.mtu());
        require(size <= largest, "size must be at most " + largest + ", for the link's mtu=" + port.mtu(), "size",
                size);
        List<Integer> queues = queues(port);
        int channels = port.arguments().mode() == LinkMode.BOND ? port.dataChannels() : queues.size();
        int capacity = channels * port.queueSize();
        require(window == null || window <= capacity, "window must be at most " + capacity + ", what the queues hold:"
                + " queue_size=" + port.queueSize() + " data_channels=" + channels, "window", window);
        require(burst <= port.queueSize(), "burst must be at most the link's queue_size=" + port.queueSize(), "burst",
                burst);
        return new TrafficPlan(count == null ? Long.MAX_VALUE : count,
                durationSeconds == null ? null : duration(durationSeconds), size, burst,
                window == null ? Math.min(DEFAULT_WINDOW, capacity) : window, rate == null ? 0 : rate, queues,
                duration(timeoutSeconds));
    }

    private List<Integer> queues(VlinkPort port) {
        if (queue.equals("all")) {
            return IntStream.range(0, port.queues()).boxed().toList();
        }
        int number = Integer.parseInt(queue);
        require(number < port.queues(), "queue must be 0 to " + (port.queues() - 1) + " in mode="
                + port.arguments().mode().label(), "queue", number);
        return List.of(number);
    }

    private static Duration duration(double seconds) {
        return Duration.ofNanos((long) (seconds * 1e9));
    }

    /** {@return a time as people write it: 10s, 0.5s} */
    static String seconds(Duration time) {
        return BigDecimal.valueOf(time.toMillis()).divide(BigDecimal.valueOf(1_000), 3, RoundingMode.UNNECESSARY)
                .stripTrailingZeros().toPlainString() + "s";
    }

    private static void require(boolean rule, String text, String name, Object value) {
        if (!rule) {
            throw new UsageException(text + ": " + name + "=" + value);
        }
    }
}
