// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A small model checker, and what it checks: the ring and the epoch handshake, each shared-memory access a step of its own, on a
 * memory that reorders whatever release and acquire allow. One thread.
 */
package io.vlink.tests.rings.model;
