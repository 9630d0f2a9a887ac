// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * {@code virt_compute}, the host agent: its command line, its run directory, and its start and stop. The main thread starts
 * everything and waits; a signal stops it from a thread of the JVM's.
 */
package io.vlink.agent;
