// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What outlives the agent: named entries of state and descriptors, in a small process of its own. The agent puts, replaces
 * and removes them by way of {@link io.vlink.agent.keeper.FdStore} from any of its threads; the next agent fetches them.
 */
package io.vlink.agent.keeper;
