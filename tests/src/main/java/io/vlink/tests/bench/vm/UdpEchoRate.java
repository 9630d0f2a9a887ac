// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench.vm;

/**
 * What one measurement over virtio-net found. It holds that {@code sent = received + lost}.
 *
 * @param sent     packets sent
 * @param received packets that came back, those included that were in flight when the time was over
 * @param lost     packets that did not come back: others sent after them did, or nothing came for a while
 * @param nanos    time in which the window was kept full
 * @param inTime   packets that came back within that time
 */
record UdpEchoRate(long sent, long received, long lost, long nanos, long inTime) {
    /** {@return answers a second} */
    double packetsPerSecond() {
        return nanos == 0 ? 0 : inTime * 1e9 / nanos;
    }
}
