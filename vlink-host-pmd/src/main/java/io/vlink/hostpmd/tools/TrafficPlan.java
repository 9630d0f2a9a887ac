// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd.tools;

import java.time.Duration;
import java.util.List;

/**
 * What to send. Immutable.
 *
 * @param count    packets to send; {@link Long#MAX_VALUE} for no limit
 * @param duration how long to send; null for no limit
 * @param size     frame size in bytes, FCS counted
 * @param burst    packets in a burst at most
 * @param window   packets on their way at most
 * @param rate     packets a second at most; 0 for no limit
 * @param queues   queues of the port that are used
 * @param drain    how long to wait for the last packets
 */
record TrafficPlan(long count, Duration duration, int size, int burst, int window, long rate, List<Integer> queues,
        Duration drain) {
    TrafficPlan {
        queues = List.copyOf(queues);
    }
}
