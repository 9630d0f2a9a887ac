// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The two sides of a link's epoch handshake: how a host driver and a guest, each of which may start, stop or die at any
 * moment, agree that the rings are empty and whose turn it is. A lane belongs to one thread; {@code LinkEpochs} lets
 * the queues of a link have a thread each. SPEC.md section 7.
 */
package io.vlink.infra.lane;
