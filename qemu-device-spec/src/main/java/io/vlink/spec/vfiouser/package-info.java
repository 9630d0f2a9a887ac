// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The subset of the vfio-user protocol 0.0 that the device socket speaks. Numbers only; SPEC.md appendix C, after QEMU's
 * docs/interop/vfio-user.rst. Used by the agent's server and the guest's socket attachment, from any thread.
 */
package io.vlink.spec.vfiouser;
