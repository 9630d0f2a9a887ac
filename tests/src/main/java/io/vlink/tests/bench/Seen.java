// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.Map;

/**
 * What was seen of a pair's processes while they were measured.
 *
 * @param runDelay share of the time in which a polling thread waited for its processor, the worse of both sides
 * @param host     memory of the host's process
 * @param guest    memory of the guest's process
 * @param details  everything else
 */
record Seen(double runDelay, ProcessMemory host, ProcessMemory guest, Map<String, Object> details) {
}
