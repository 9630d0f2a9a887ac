// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.pci;

/** What {@code pci-vlink} says of itself in PCI configuration space (SPEC.md section 2; PCI Local Bus 3.0 §6.1, §6.2). */
public final class PciIdentity {
    /** Vendor id. */
    public static final int VENDOR_ID = 0xcccc;
    /** Device id. */
    public static final int DEVICE_ID = 0x2222;
    /** Revision id. */
    public static final int REVISION_ID = 0x01;
    /** Class code, 24 bits: base class 02 (network), sub-class 00 (Ethernet), interface 00. */
    public static final int CLASS_CODE = 0x020000;
    /** Subsystem vendor id. */
    public static final int SUBSYSTEM_VENDOR_ID = 0xcccc;
    /** Subsystem id. */
    public static final int SUBSYSTEM_ID = 0x2222;
    /** Header type: an ordinary, single-function device. */
    public static final int HEADER_TYPE = 0x00;
    /** Interrupt pin: INTA#. */
    public static final int INTERRUPT_PIN = 0x01;
    /** Bytes of configuration space: conventional PCI, no capabilities. */
    public static final int CONFIG_SPACE_BYTES = 256;

    private PciIdentity() {
    }
}
