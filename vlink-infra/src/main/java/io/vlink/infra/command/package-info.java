// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What the command lines of all programs have in common: how they say what is wrong, and which version they are
 * (docs/command-line.md). Called by the programs' main classes. One thread.
 */
package io.vlink.infra.command;
