// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import java.lang.foreign.MemorySegment;

/**
 * The three memories of a link, mapped.
 *
 * @param region  packet region
 * @param channel channel memory of the link's domain
 * @param record  link record
 */
record LinkMemory(MemorySegment region, MemorySegment channel, MemorySegment record) {
}
