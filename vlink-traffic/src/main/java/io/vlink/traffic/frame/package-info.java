// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Test frames: builds Ethernet/IPv4/UDP frames in packet buffers and checks what came back, byte for byte. The generator
 * uses it, on the thread that polls the port; nothing here allocates or blocks after construction.
 */
package io.vlink.traffic.frame;
