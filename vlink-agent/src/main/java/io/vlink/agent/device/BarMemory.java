// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.device;

import io.vlink.infra.os.Fd;
import java.lang.foreign.MemorySegment;

/**
 * Shared memory behind a BAR. It belongs to the domain, which keeps both parts open until the device's server is closed.
 *
 * @param fd what a client maps, from offset 0; its file is exactly as large as the segment
 * @param segment the same bytes, mapped for reading and writing here, usable from any thread
 */
public record BarMemory(Fd fd, MemorySegment segment) {
    /** {@return the size in bytes} */
    public long bytes() {
        return segment.byteSize();
    }
}
