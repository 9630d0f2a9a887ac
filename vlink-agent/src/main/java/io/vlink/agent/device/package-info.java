// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The model of the {@code pci-vlink} device: configuration space, control registers, interrupt line and the two memories behind
 * its BARs. It knows PCI and nothing of the protocol that reaches it. Called by {@code io.vlink.agent.vfiouser} on a domain's
 * server thread and by the domain on any thread.
 */
package io.vlink.agent.device;
