// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.echo;

import io.vlink.guest.GuestQueue;
import io.vlink.infra.ring.PacketBurst;
import java.lang.foreign.MemorySegment;

/**
 * The echo of one data channel. Packets that find {@code tx} full are kept, and nothing new is taken until they are gone: the
 * echo loses nothing, it makes the host wait. One thread.
 */
final class EchoQueue {
    private final GuestQueue queue;
    private final MemorySegment region;
    private final PacketBurst packets;

    EchoQueue(GuestQueue queue, MemorySegment region, int burst) {
        this.queue = queue;
        this.region = region;
        this.packets = new PacketBurst(burst);
    }

    /** {@return how many packets were sent back; the link is up} */
    int poll() {
        if (packets.count == 0) {
            int count = queue.rxBurst(packets);
            if (count == 0) {
                return 0;
            }
            long[] offset = packets.offset;
            for (int i = 0; i < count; i++) {
                MacSwap.swap(region, offset[i]);
            }
        }
        int sent = queue.txBurst(packets);
        packets.removeFirst(sent);
        return sent;
    }

    /** {@return whether the host has taken all that was sent back} */
    boolean isDrained() {
        packets.removeFirst(queue.txBurst(packets));
        return packets.count == 0 && queue.isDrained();
    }

    /** Forgets what was not sent yet: its epoch is over, the buffers are the host's again. */
    void forget() {
        packets.count = 0;
    }

    /** {@return the queue behind it} */
    GuestQueue queue() {
        return queue;
    }
}
