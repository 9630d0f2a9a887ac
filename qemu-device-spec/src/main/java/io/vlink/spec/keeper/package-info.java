// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The keeper protocol's numbers (SPEC.md appendix D), between an agent and its own keeper, possibly of another version.
 * Constants only, for any thread.
 */
package io.vlink.spec.keeper;
