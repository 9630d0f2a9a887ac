// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.pci;

/** Byte offsets of the fields of a type 0 configuration header (PCI Local Bus 3.0 §6.1, figure 6-1; SPEC.md section 2). */
public final class ConfigSpaceOffset {
    /** Vendor id, 2 bytes. */
    public static final int VENDOR_ID = 0x00;
    /** Device id, 2 bytes. */
    public static final int DEVICE_ID = 0x02;
    /** Command, 2 bytes. */
    public static final int COMMAND = 0x04;
    /** Status, 2 bytes. */
    public static final int STATUS = 0x06;
    /** Revision id, 1 byte. */
    public static final int REVISION_ID = 0x08;
    /** Class code, 3 bytes: interface, sub-class, base class. */
    public static final int CLASS_CODE = 0x09;
    /** Cache line size, 1 byte. */
    public static final int CACHE_LINE_SIZE = 0x0c;
    /** Latency timer, 1 byte. */
    public static final int LATENCY_TIMER = 0x0d;
    /** Header type, 1 byte. */
    public static final int HEADER_TYPE = 0x0e;
    /** First base address register; six of 4 bytes each. */
    public static final int BAR0 = 0x10;
    /** Subsystem vendor id, 2 bytes. */
    public static final int SUBSYSTEM_VENDOR_ID = 0x2c;
    /** Subsystem id, 2 bytes. */
    public static final int SUBSYSTEM_ID = 0x2e;
    /** Expansion ROM base address, 4 bytes; always zero here. */
    public static final int EXPANSION_ROM = 0x30;
    /** Capabilities pointer, 1 byte; always zero here. */
    public static final int CAPABILITIES_POINTER = 0x34;
    /** Interrupt line, 1 byte, a scratch register for the system. */
    public static final int INTERRUPT_LINE = 0x3c;
    /** Interrupt pin, 1 byte. */
    public static final int INTERRUPT_PIN = 0x3d;

    /** Bits of COMMAND that a driver may set: I/O, memory, bus master, parity, SERR#, INTx disable. */
    public static final int COMMAND_WRITABLE = 0x0547;
    /** COMMAND bit 10: INTx disable (PCI 3.0 §6.2.2). */
    public static final int COMMAND_INTX_DISABLE = 0x0400;
    /** STATUS bit 3: an interrupt is pending (PCI 3.0 §6.2.3). */
    public static final int STATUS_INTERRUPT = 0x0008;
    /** Low bits of an I/O BAR: bit 0 set. */
    public static final int BAR_FLAGS_IO = 0x1;
    /** Low bits of a 32-bit, non-prefetchable memory BAR. */
    public static final int BAR_FLAGS_MEMORY_32 = 0x0;
    /** Low bits of a 64-bit, prefetchable memory BAR. */
    public static final int BAR_FLAGS_MEMORY_64_PREFETCHABLE = 0xc;

    private ConfigSpaceOffset() {
    }
}
