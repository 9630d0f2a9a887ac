// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.linkconfig.LinkDefinition;
import io.vlink.spec.pci.Limits;

/** How many packet buffers a link has, and what they take of a region. */
final class BufferPoolSize {
    private BufferPoolSize() {
    }

    /**
     * Buffers of a link: enough to fill all four rings of every data channel.
     *
     * @param link the link
     * @return the number
     */
    static int buffers(LinkDefinition link) {
        return link.dataChannels() * link.queueSize() * Limits.BUFFERS_PER_SLOT;
    }

    /**
     * Bytes of a link's pool.
     *
     * @param link the link
     * @return the size, a multiple of 4096
     */
    static long bytes(LinkDefinition link) {
        return (long) buffers(link) * Limits.BUFFER_BYTES;
    }
}
