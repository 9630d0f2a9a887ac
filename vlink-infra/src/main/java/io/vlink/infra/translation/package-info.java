// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Translation between bus addresses and offsets in a mapped region, in both directions, by the table that the device
 * publishes. Immutable, so any thread. SPEC.md section 4.2.
 */
package io.vlink.infra.translation;
