// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/** What the command lines of {@code virt_compute}, {@code vlinkctl} and {@code vlink-qemu} have in common. One thread. */
package io.vlink.agent.command;
