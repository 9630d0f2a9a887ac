// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A guest that misbehaves on purpose, for testing a host: named attacks on rings, descriptors, lanes, shared words and
 * registers, reproducible from a seed. It writes shared memory by itself, from the contract, and shares no code with the guest
 * library's rings. Called by {@code vlink-guest torment} on one thread; the mutator and the well-behaved echo have one each.
 */
package io.vlink.guest.torment;
