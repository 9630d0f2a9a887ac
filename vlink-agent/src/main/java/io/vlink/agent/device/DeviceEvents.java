// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.device;

/**
 * What happens to a device, told to its domain. All methods are called on the device's server thread, one at a time, and delay
 * the client's reply: they return within milliseconds, and do not wait for the server.
 */
public interface DeviceEvents {
    /** A client (a QEMU, or a guest that is not a VM) has agreed on a protocol version and uses the device from now on. */
    void connected();

    /** That client is gone: orderly, by dying, or because its messages could not be cut from the stream any more. */
    void disconnected();

    /** The guest or its QEMU has reset the device (SPEC.md section 4.3); registers are already in their reset state. */
    void reset();

    /**
     * The guest has written to DOORBELL.
     *
     * @param link what it wrote, an unsigned number that no check has seen
     */
    void doorbell(int link);
}
