// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.pci;

/**
 * The control registers in BAR0: the one place that says where they are (SPEC.md section 4). Every register is 32 bits
 * wide, little-endian, aligned, and is read and written with 32-bit accesses only. The first ten are the original system's,
 * at its offsets.
 */
public enum ControlRegister {
    // spotless:off
    //                     offset access             reset        meaning
    COMMON_0              (0x00, Access.READ_WRITE, 0),          // selects the page or the link that other registers show
    COMMON_1              (0x04, Access.READ_WRITE, 0),          // scratch
    COMMON_2              (0x08, Access.READ_WRITE, 0),          // scratch
    COMMON_3              (0x0c, Access.READ_WRITE, 0),          // scratch
    INTERRUPT_ENABLE      (0x10, Access.READ_WRITE, 0),          // bit 0: INTx may be raised
    NR_PAGES              (0x14, Access.READ_ONLY,  0),          // rows of the translation table
    HUGEPAGE_ADDRESS_LOW  (0x18, Access.READ_ONLY,  0),          // bus address of page COMMON_0, bits 0 to 31
    HUGEPAGE_ADDRESS_HIGH (0x1c, Access.READ_ONLY,  0),          // bus address of page COMMON_0, bits 32 to 63
    LINK_ENABLED          (0x20, Access.READ_ONLY,  0),          // 1: link COMMON_0 exists
    LINK_CTRL_CHANNEL_IDX (0x24, Access.READ_ONLY,  0xffffffff), // control channel of link COMMON_0
    MAGIC                 (0x28, Access.READ_ONLY,  0x766c6e6b), // "vlnk"
    VERSION               (0x2c, Access.READ_ONLY,  0x00010000), // major << 16 | minor
    FEATURES              (0x30, Access.READ_ONLY,  0),          // bits of Features
    PAGE_SHIFT            (0x34, Access.READ_ONLY,  0),          // log2 of a page of the translation table
    NR_LINKS              (0x38, Access.READ_ONLY,  0),          // links exist at indices below this
    NR_CHANNELS           (0x3c, Access.READ_ONLY,  0),          // channels in channel memory
    REGION_BYTES_LOW      (0x40, Access.READ_ONLY,  0),          // bytes of the packet region, bits 0 to 31
    REGION_BYTES_HIGH     (0x44, Access.READ_ONLY,  0),          // bytes of the packet region, bits 32 to 63
    CHANNEL_MEMORY_BYTES  (0x48, Access.READ_ONLY,  0),          // bytes of channel memory
    BAR_SHAPE             (0x4c, Access.READ_ONLY,  32),         // 32 or 64: see BarShape
    DOORBELL              (0x50, Access.WRITE_ONLY, 0),          // link number: reserved for wake-ups, counted, no effect
    INTERRUPT_STATUS      (0x54, Access.READ_CLEAR, 0);          // bit 0: INTx is asserted; reading it clears it
    // spotless:on

    /** Value of {@link #LINK_CTRL_CHANNEL_IDX} for a link that does not exist: all ones. */
    public static final int NO_CHANNEL = 0xffff_ffff;
    /** What a read returns where there is no register, or where the device is gone: all ones. */
    public static final int ABSENT = 0xffff_ffff;
    /** Width of every register in bytes. */
    public static final int WIDTH_BYTES = 4;
    /** The expected value of {@link #MAGIC}. */
    public static final int MAGIC_VALUE = 0x766c6e6b;
    /** The version of the contract: major in the upper half (must match), minor in the lower (may be larger). */
    public static final int VERSION_VALUE = 0x00010000;

    /** Who may do what with a register. */
    public enum Access {
        /** Writes are ignored. */
        READ_ONLY,
        /** Reads return what was last written, zero after a reset. */
        READ_WRITE,
        /** Reads return zero. */
        WRITE_ONLY,
        /** Reads return the value and set it to zero; writes are ignored. */
        READ_CLEAR
    }

    private static final ControlRegister[] TABLE = values();

    private final int offset;
    private final Access access;
    private final int reset;

    ControlRegister(int offset, Access access, int reset) {
        this.offset = offset;
        this.access = access;
        this.reset = reset;
    }

    /** {@return the byte offset in BAR0} */
    public int offset() {
        return offset;
    }

    /** {@return what may be done with it} */
    public Access access() {
        return access;
    }

    /** {@return the value after a reset, where it does not depend on the domain} */
    public int resetValue() {
        return reset;
    }

    /**
     * The register at an offset.
     *
     * @param offset bytes from the start of BAR0
     * @return the register, or null where there is none
     */
    public static ControlRegister atOffset(long offset) {
        if ((offset & (WIDTH_BYTES - 1)) != 0 || offset < 0 || offset >= (long) TABLE.length * WIDTH_BYTES) {
            return null;
        }
        return TABLE[(int) (offset / WIDTH_BYTES)];
    }
}
