// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The threads that poll queues: which processors they run on, which queues belong to whom, what they do while there is
 * nothing to do, and how they end. Called by the programs of both sides; each class says which thread may use it.
 */
package io.vlink.traffic.worker;
