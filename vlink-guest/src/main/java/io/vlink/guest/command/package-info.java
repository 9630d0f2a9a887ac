// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The sub-commands of {@code vlink-guest}: options, output, exit status; no work of their own. Called by picocli on the main
 * thread.
 */
package io.vlink.guest.command;
