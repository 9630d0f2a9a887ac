// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * How much a peer may ask for, and how many lines of log it may cause. Used by the control socket, by device sockets and by what
 * watches a device, on the thread that serves the peer. Knows neither protocol.
 */
package io.vlink.agent.limits;
