// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.vfiouser;

/** Commands of the vfio-user protocol (QEMU docs/interop/vfio-user.rst, "Commands"; SPEC.md appendix C). */
public enum VfioUserCommand {
    /** Version negotiation; the first message. */
    VERSION(1),
    /** The client tells of guest memory. */
    DMA_MAP(2),
    /** The client takes guest memory back. */
    DMA_UNMAP(3),
    /** Number of regions and interrupts. */
    DEVICE_GET_INFO(4),
    /** Size, flags and descriptor of a region. */
    DEVICE_GET_REGION_INFO(5),
    /** ioeventfds of a region. */
    DEVICE_GET_REGION_IO_FDS(6),
    /** Number and flags of an interrupt index. */
    DEVICE_GET_IRQ_INFO(7),
    /** Attach eventfds to interrupts. */
    DEVICE_SET_IRQS(8),
    /** Read from a region. */
    REGION_READ(9),
    /** Write to a region. */
    REGION_WRITE(10),
    /** The server reads guest memory; never sent by vlink. */
    DMA_READ(11),
    /** The server writes guest memory; never sent by vlink. */
    DMA_WRITE(12),
    /** Reset the device. */
    DEVICE_RESET(13),
    /** Several writes in one message. */
    REGION_WRITE_MULTI(15);

    private final int code;

    VfioUserCommand(int code) {
        this.code = code;
    }

    /** {@return the number on the wire} */
    public int code() {
        return code;
    }

    /**
     * The command with a number.
     *
     * @param code number on the wire
     * @return the command, or null for an unknown one
     */
    public static VfioUserCommand of(int code) {
        for (VfioUserCommand command : values()) {
            if (command.code == code) {
                return command;
            }
        }
        return null;
    }
}
