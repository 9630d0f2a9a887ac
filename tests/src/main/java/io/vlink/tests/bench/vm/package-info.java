// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Compares vlink with virtio-net in one and the same virtual machine: how many packets a second its echo answers over each.
 * Called by the benchmarks and by tests, on one thread.
 */
package io.vlink.tests.bench.vm;
