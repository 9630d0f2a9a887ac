// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * {@code link.config}: read, check, print. {@code bin/vlink-qemu} reads a domain's file with it, and the agent checks again,
 * with the same code, the lines that arrive over the control protocol. Everything is immutable and usable from any thread.
 */
package io.vlink.linkconfig;
