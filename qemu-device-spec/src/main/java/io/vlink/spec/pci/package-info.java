// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The PCI face of {@code pci-vlink}: identity, BAR shapes, control registers. Numbers only; SPEC.md sections 2 to 4. Used
 * by the agent's device model, the guest library and the tests, from any thread.
 */
package io.vlink.spec.pci;
