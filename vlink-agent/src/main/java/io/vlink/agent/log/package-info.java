// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * How the agent's log looks: one event a line on standard error, as text for people or as JSON for machines. Set up once by
 * the main thread; layouts run on whichever thread logs.
 */
package io.vlink.agent.log;
