// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * How much a peer may ask for. Used by the control socket and by device sockets, on the thread that serves the peer. Knows
 * neither protocol.
 */
package io.vlink.agent.limits;
