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
    /** Interrupt indices that the device reports: INTx, MSI, MSI-X, ERR, REQ. */
    public static final int IRQ_COUNT = 5;
    /** Interrupt index of INTx. */
    public static final int IRQ_INTX = 0;

    private VfioUserProtocol() {
    }
}
