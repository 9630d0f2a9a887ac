// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.vfiouser;

/**
 * Framing and constants of vfio-user 0.0 (QEMU docs/interop/vfio-user.rst; linux/vfio.h for flags and indices; SPEC.md
 * appendix C). All fields are little-endian here: both ends share one machine.
 *
 * <pre>
 * header  0x0 id u16 | 0x2 command u16 | 0x4 size u32 with header | 0x8 flags u32 | 0xc error u32
 * </pre>
 */
public final class VfioUserProtocol {
    /** Bytes of the header. */
    public static final int HEADER_BYTES = 16;
    /** In the header: message id, 2 bytes. */
    public static final int ID_OFFSET = 0x0;
    /** In the header: command, 2 bytes. */
    public static final int COMMAND_OFFSET = 0x2;
    /** In the header: size of the message with its header, 4 bytes. */
    public static final int SIZE_OFFSET = 0x4;
    /** In the header: flags, 4 bytes. */
    public static final int FLAGS_OFFSET = 0x8;
    /** In the header: errno of a failed command, 4 bytes. */
    public static final int ERROR_OFFSET = 0xc;
    /** Flags, bits 0 to 3: type of message. */
    public static final int FLAG_TYPE_MASK = 0xf;
    /** Type: a command. */
    public static final int TYPE_COMMAND = 0x0;
    /** Type: a reply. */
    public static final int TYPE_REPLY = 0x1;
    /** Flag: the sender wants no reply. */
    public static final int FLAG_NO_REPLY = 0x10;
    /** Flag: the command failed; the header's error says why. */
    public static final int FLAG_ERROR = 0x20;
    /** Protocol major version. */
    public static final int MAJOR = 0;
    /** Protocol minor version; QEMU refuses a larger one. */
    public static final int MINOR = 0;
    /** File descriptors in one message, at most. */
    public static final int MAX_MESSAGE_FDS = 8;
    /** Bytes of data in one region access, at most. */
    public static final int MAX_DATA_BYTES = 1 << 20;
    /** Bytes of a whole message, at most. */
    public static final int MAX_MESSAGE_BYTES = MAX_DATA_BYTES + 4_096;

    /** Regions that the device reports: six BARs, ROM, configuration space, VGA. */
    public static final int REGION_COUNT = 9;
    /** Region index of configuration space; BARs are 0 to 5. */
    public static final int REGION_CONFIG = 7;
    /** Regions 0 to this, exclusive, are BARs. */
    public static final int BAR_COUNT = 6;
    /** Interrupt indices that the device reports: INTx, MSI, MSI-X, ERR, REQ. */
    public static final int IRQ_COUNT = 5;
    /** First interrupt index that is known but not supported: ERR. QEMU warns of one that is supported with no interrupts. */
    public static final int IRQ_ERR = 3;
    /** Interrupt index of INTx. */
    public static final int IRQ_INTX = 0;

    /** Device flag: {@link VfioUserCommand#DEVICE_RESET} is understood (linux/vfio.h). */
    public static final int DEVICE_FLAG_RESET = 0x1;
    /** Device flag: regions and interrupts are numbered as for PCI. */
    public static final int DEVICE_FLAG_PCI = 0x2;
    /** Region flag: may be read. */
    public static final int REGION_FLAG_READ = 0x1;
    /** Region flag: may be written. */
    public static final int REGION_FLAG_WRITE = 0x2;
    /** Region flag: may be mapped; the reply carries one descriptor. */
    public static final int REGION_FLAG_MMAP = 0x4;
    /** Interrupt flag: signalled through an eventfd. */
    public static final int IRQ_FLAG_EVENTFD = 0x1;
    /** Interrupt flag: can be masked and unmasked. */
    public static final int IRQ_FLAG_MASKABLE = 0x2;
    /** Interrupt flag: masks itself when it is raised, until it is unmasked. */
    public static final int IRQ_FLAG_AUTOMASKED = 0x4;
    /** Set-interrupts flag: no data; the action is done at once, for all of the range. */
    public static final int SET_IRQS_DATA_NONE = 0x01;
    /** Set-interrupts flag: one byte for each interrupt; the action is done at once where it is not zero. */
    public static final int SET_IRQS_DATA_BOOL = 0x02;
    /** Set-interrupts flag: an eventfd for each interrupt comes with the message; none: take back what was set. */
    public static final int SET_IRQS_DATA_EVENTFD = 0x04;
    /** The set-interrupts flags of which exactly one says what the data are. */
    public static final int SET_IRQS_DATA_MASK = 0x07;
    /** Set-interrupts flag: the action is to mask. */
    public static final int SET_IRQS_ACTION_MASK = 0x08;
    /** Set-interrupts flag: the action is to unmask. */
    public static final int SET_IRQS_ACTION_UNMASK = 0x10;
    /** Set-interrupts flag: the action is to raise. */
    public static final int SET_IRQS_ACTION_TRIGGER = 0x20;
    /** The set-interrupts flags of which exactly one says what the action is. */
    public static final int SET_IRQS_ACTIONS_MASK = 0x38;
    /** DMA map flag: the server may read. */
    public static final int DMA_FLAG_READ = 0x1;
    /** DMA map flag: the server may write. */
    public static final int DMA_FLAG_WRITE = 0x2;
    /** DMA unmap flag: everything; address and size are zero then. */
    public static final int DMA_UNMAP_FLAG_ALL = 0x2;
    /** DMA windows that the server remembers at once, at most; the protocol's own default. */
    public static final int MAX_DMA_MAPS = 65_535;
    /** Page sizes of DMA windows, or'ed together: 4 KiB and above. */
    public static final long DMA_PAGE_SIZES = 4_096;

    private VfioUserProtocol() {
    }
}
