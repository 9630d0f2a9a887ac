// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A link's packet buffers as the host keeps them: a pool of free ones, and a ledger, in memory that no guest maps, of who
 * holds which. One thread: the driver's. SPEC.md appendix A.
 */
package io.vlink.infra.pool;
