// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The agent's tools: {@code vlinkctl} asks a running agent, {@code vlink-qemu} registers a domain and becomes its QEMU. Short
 * programs with one thread.
 */
package io.vlink.agent.tools;
