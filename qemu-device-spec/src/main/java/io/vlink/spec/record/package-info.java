// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The host-private link record that the agent shares with a host driver, never with a guest. Numbers and layouts only;
 * SPEC.md appendix A. Used by the agent and the host driver, from any thread.
 */
package io.vlink.spec.record;
