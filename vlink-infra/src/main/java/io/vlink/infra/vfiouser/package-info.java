// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Messages of the vfio-user protocol 0.0: framing with descriptors, and one record per payload, for both directions. Used by
 * the agent's server and by the guest's socket attachment; records are immutable, a transport has one reading thread and any
 * number of sending ones.
 */
package io.vlink.infra.vfiouser;
