// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The generator: sends numbered UDP frames through ports, checks what comes back, and reports. Started by the programs of
 * either side with ports that they have attached; a worker of its own drives each queue, the main thread watches.
 */
package io.vlink.traffic.pktgen;
