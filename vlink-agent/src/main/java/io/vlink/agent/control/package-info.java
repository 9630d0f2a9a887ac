// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The control socket: drivers attach to links here, tools register domains and ask for reports (SPEC.md appendix B). One
 * thread accepts, each connection has a thread of its own, and whatever a peer sends can end only its own connection.
 */
package io.vlink.agent.control;
