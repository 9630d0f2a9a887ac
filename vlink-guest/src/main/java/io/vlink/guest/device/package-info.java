// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Ways to reach a pci-vlink device: PCI discovery and binding in sysfs, BARs mapped through uio or sysfs, or the agent's device
 * socket without a VM. Called by {@link io.vlink.guest.GuestDevice} and the programs, at start and at the end only; one
 * thread.
 */
package io.vlink.guest.device;
