// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What the agent owns: regions, domains, links, and the shared memory of each. {@link io.vlink.agent.domain.Inventory} is
 * the way in; control connections and device servers call it from their threads, and one lock guards its state.
 */
package io.vlink.agent.domain;
