// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Single-producer/single-consumer rings of descriptors in memory shared with a peer that is not trusted. Both lanes run
 * this same code; a ring's end belongs to one thread. SPEC.md section 8.
 */
package io.vlink.infra.ring;
