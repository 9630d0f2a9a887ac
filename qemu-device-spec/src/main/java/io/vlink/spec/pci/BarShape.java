// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.pci;

/**
 * The two ways in which the device lays out its BARs (SPEC.md section 3). BAR0 is the same in both: I/O,
 * {@value #REGISTER_BAR_BYTES} bytes of registers.
 */
public enum BarShape {
    /** 32-bit, non-prefetchable memory BARs; {@code uio_pci_generic} exposes them as maps. For machine {@code pc}. */
    BAR32(32, 2, 3, ConfigSpaceOffset.BAR_FLAGS_MEMORY_32),
    /** 64-bit, prefetchable memory BARs, mapped through sysfs {@code resourceN}. For machine {@code q35}. */
    BAR64(64, 2, 4, ConfigSpaceOffset.BAR_FLAGS_MEMORY_64_PREFETCHABLE);

    /** The BAR with the control registers, in both shapes. */
    public static final int REGISTER_BAR = 0;
    /** Bytes of the register BAR. */
    public static final int REGISTER_BAR_BYTES = 256;
    /** Largest packet region that a 32-bit BAR may have, in bytes: it must fit below 4 GiB beside everything else. */
    public static final long MAX_REGION_BYTES_BAR32 = 1L << 30;

    private final int bits;
    private final int regionBar;
    private final int channelBar;
    private final int barFlags;

    BarShape(int bits, int regionBar, int channelBar, int barFlags) {
        this.bits = bits;
        this.regionBar = regionBar;
        this.channelBar = channelBar;
        this.barFlags = barFlags;
    }

    /** {@return the address width of the memory BARs, 32 or 64; the value of the command-line property {@code bar=}} */
    public int bits() {
        return bits;
    }

    /** {@return the BAR number of the packet region} */
    public int regionBar() {
        return regionBar;
    }

    /** {@return the BAR number of the channel memory} */
    public int channelBar() {
        return channelBar;
    }

    /** {@return the low four bits of both memory BARs (PCI 3.0 §6.2.5.1)} */
    public int barFlags() {
        return barFlags;
    }

    /**
     * The shape with memory BARs of that width.
     *
     * @param bits 32 or 64
     * @return the shape
     * @throws IllegalArgumentException for any other number
     */
    public static BarShape ofBits(int bits) {
        for (BarShape shape : values()) {
            if (shape.bits == bits) {
                return shape;
            }
        }
        throw new IllegalArgumentException("bar must be 32 or 64: bar=" + bits);
    }
}
