// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.device;

/**
 * Accesses to a device that no honest program makes: of any region, place and width, refused or not. For testing a host. One
 * thread.
 */
public interface RawAccess {
    /**
     * Reads.
     *
     * @param region vfio's region index; any number
     * @param offset bytes from its start; any number
     * @param bytes  how many, at least 1
     * @return false if the device, or the way to it, refuses
     * @throws DeviceException if the device is gone
     */
    boolean read(int region, long offset, int bytes);

    /**
     * Writes.
     *
     * @param region vfio's region index; any number
     * @param offset bytes from its start; any number
     * @param data   the bytes, at least 1
     * @return false if the device, or the way to it, refuses
     * @throws DeviceException if the device is gone
     */
    boolean write(int region, long offset, byte[] data);

    /**
     * Resets the device.
     *
     * @return false if there is no way to do so
     * @throws DeviceException if the device is gone
     */
    boolean reset();
}
