// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The generator: sends numbered test frames into a link, checks every one that comes back, and reports. {@code PktgenMain} is
 * the command line; {@code TrafficGenerator} is the loop, on the thread that owns the port; the others count and print.
 */
package io.vlink.hostpmd.tools;
