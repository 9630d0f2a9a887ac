// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

/**
 * What flows in a closed loop.
 *
 * @param frameBytes bytes of a frame, without FCS
 * @param window     packets on their way
 * @param burst      packets in a burst at most
 */
record Traffic(int frameBytes, int window, int burst) {
    @Override
    public String toString() {
        return frameBytes + " bytes, window " + window + ", burst " + burst;
    }
}
