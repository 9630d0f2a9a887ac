// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.device;

import io.vlink.spec.pci.ControlRegister;
import java.lang.foreign.MemorySegment;

/**
 * One pci-vlink device within reach: its registers and its two memories. Everything above works on this alone, so a guest in
 * a VM and one on the agent's socket run the same code. One thread.
 */
public interface DeviceAccess extends AutoCloseable {
    /**
     * Reads a register; slow (a trap or a message), so never on the data path.
     *
     * @param register which one
     * @return its 32 bits; all ones if the agent behind a VM's device is gone
     * @throws DeviceException if the device is on a socket, and the agent at its other end is gone
     */
    int readRegister(ControlRegister register);

    /**
     * Writes a register; slow.
     *
     * @param register which one
     * @param value    its 32 bits
     */
    void writeRegister(ControlRegister register, int value);

    /**
     * Whether the agent behind this device is gone. It does not come back to a device that is open: mapped memory stays usable,
     * but nobody serves it. As slow as {@link #readRegister}, so for a device that is idle, once a second.
     *
     * @return true if the device can only be closed
     */
    default boolean isGone() {
        return readRegister(ControlRegister.MAGIC) == ControlRegister.ABSENT;
    }

    /** {@return one line for a person, about a device that {@link #isGone}: what is known, and what to do} */
    default String goneMessage() {
        return "device does not answer (all registers read as ones): address=" + address()
                + ": the agent on the host is away: start virt_compute, and this machine again if that does not help";
    }

    /**
     * Keeps other programs of this guest from using the selector COMMON_0 until {@link #endSelection}; waits for its turn
     * (SPEC.md section 4.1).
     */
    void beginSelection();

    /** Lets other programs use the selector again. */
    void endSelection();

    /**
     * Takes a link for this program, until the device is closed or the program ends, however it ends.
     *
     * @param link index of the link
     * @return false if another program of this guest has it
     */
    boolean claimLink(int link);

    /** {@return the way past all rules, for testing a host} */
    RawAccess raw();

    /** {@return the packet region, all of its BAR; valid until {@link #close}} */
    MemorySegment region();

    /** {@return the channel memory, all of its BAR; valid until {@link #close}} */
    MemorySegment channelMemory();

    /** {@return how the memories were mapped: {@code uio}, {@code sysfs} or {@code vfio-user}} */
    String mapMethod();

    /** {@return vendor and device id, such as {@code cccc:2222}} */
    String pciId();

    /** {@return the PCI address such as {@code 0000:00:04.0}, or the path of the device socket} */
    String address();

    /** {@return the kernel driver that the device is bound to, or {@code none}} */
    String driver();

    /** {@return width of the memory BARs as they were found: 32 or 64} */
    int barBits();

    /** Unmaps the memories and gives everything back. Nothing of this device may be used afterwards. */
    @Override
    void close();
}
