// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

/**
 * What a program's messages call the things around it. Immutable.
 *
 * @param program name that starts every line
 * @param gone    what {@link io.vlink.infra.port.Port#isGone} means: {@code agent gone: run_dir=/run/vlink}
 * @param remedy  what to do about that
 * @param peer    what should run at the other end: {@code vlink-guest echo in the guest}
 */
public record Side(String program, String gone, String remedy, String peer) {
}
