// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.soak;

/**
 * How one death went.
 *
 * @param victim            what was killed
 * @param fullRate          whether packets flowed at full rate
 * @param firstPacketMillis from the kill to the first packet that came back afterwards; the start of programs is in it
 * @param packets           that came back in all
 */
public record Strike(Victim victim, boolean fullRate, long firstPacketMillis, long packets) {
}
