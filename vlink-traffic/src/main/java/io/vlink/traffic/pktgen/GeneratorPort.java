// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.pktgen;

import io.vlink.infra.port.Port;

/**
 * A port that a program has attached, and how it calls that way of attaching. Immutable.
 *
 * @param port the port; closed by who attached it
 * @param mode {@code mq} or {@code bond}, for the report
 */
public record GeneratorPort(Port port, String mode) {
}
