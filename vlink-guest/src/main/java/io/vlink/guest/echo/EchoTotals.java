// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.echo;

/**
 * Counts of an echo since its start, over all of its links and channels.
 *
 * @param nanos          time since the start
 * @param rxPackets      packets taken
 * @param rxBytes        their bytes
 * @param txPackets      packets sent back
 * @param txBytes        their bytes
 * @param badDescriptors descriptors that failed a check; their packets are dropped
 * @param txFull         packets that had to wait for room, counted each time
 */
public record EchoTotals(long nanos, long rxPackets, long rxBytes, long txPackets, long txBytes, long badDescriptors,
        long txFull) {
}
