// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * {@code bin/bench}: vlink and DPDK's testpmd pairs on the same two cores, in turn. The bench's own process sleeps while it
 * measures; host and guest sides are processes of their own. One thread, and a shutdown hook that tears down.
 */
package io.vlink.tests.bench;
