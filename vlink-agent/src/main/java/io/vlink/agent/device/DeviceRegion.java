// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.device;

import io.vlink.infra.os.Fd;

/**
 * One region of a device as a client sees it.
 *
 * @param bytes its size; 0 where the region does not exist
 * @param fd what a client maps, from offset 0; null where the region can only be read and written by messages
 */
public record DeviceRegion(long bytes, Fd fd) {
    /** A region that does not exist. */
    static final DeviceRegion ABSENT = new DeviceRegion(0, null);

    /** {@return whether there is such a region} */
    public boolean exists() {
        return bytes > 0;
    }

    /** {@return whether a client may map it} */
    public boolean mappable() {
        return fd != null;
    }
}
