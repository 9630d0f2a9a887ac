// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.hostpmd.TestGuest.Lent;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.SubChannel;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** A link with a driver and a guest on one thread, and packets between them that are checked byte by byte. */
final class BothEnds implements AutoCloseable {
    static final int PACKETS = 5;
    static final int LENGTH = 100;

    final TestLink link;
    final TestGuest guest;
    final VlinkPort port;
    private final PacketBurst packets = new PacketBurst(PACKETS);
    private byte number;

    /**
     * Packets that the guest has and has not returned.
     *
     * @param first   what every byte of the first packet is; each one that follows is filled with the next number
     * @param packets as they stood on {@code rx}
     */
    record AtTheGuest(byte first, List<Lent> packets) {
    }

    BothEnds(TestLink link) {
        this.link = link;
        this.guest = new TestGuest(link);
        this.port = link.attach(LinkMode.MQ);
    }

    void bringUp() {
        guest.acknowledge();
        assertThat(port.linkUp()).isTrue();
    }

    AtTheGuest sends(int queue) {
        packets.clear();
        assertThat(port.alloc(queue, packets, PACKETS)).isEqualTo(PACKETS);
        byte first = number;
        for (int i = 0; i < PACKETS; i++) {
            packets.length(i, LENGTH);
            port.region().asSlice(packets.offset(i), LENGTH).fill(number++);
        }
        assertThat(port.txBurst(queue, packets)).isEqualTo(PACKETS);
        return new AtTheGuest(first, guest.take(queue, SubChannel.RX));
    }

    /** The guest returns packets, and they come back as they were sent. */
    void getsBack(int queue, AtTheGuest sent) {
        packets.clear();
        guest.put(queue, SubChannel.TX, sent.packets());
        assertThat(port.rxBurst(queue, packets)).isEqualTo(PACKETS);
        for (int i = 0; i < PACKETS; i++) {
            assertThat(port.region().asSlice(packets.offset(i), packets.length(i)).toArray(ValueLayout.JAVA_BYTE))
                    .hasSize(LENGTH).containsOnly(sent.first() + i);
        }
        port.free(queue, packets);
    }

    void echoes(int queue) {
        getsBack(queue, sends(queue));
    }

    /** Nothing was dropped here, no channel is in quarantine, and no buffer is missing. */
    void assertUndisturbed() {
        assertThat(port.channelStatistics().drops().values()).containsOnly(0L);
        assertThat(port.quarantinedChannels()).isZero();
        assertThat(port.freeBuffers() + port.lentBuffers()).isEqualTo(port.bufferCount());
    }

    @Override
    public void close() {
        port.close();
        link.close();
    }
}
