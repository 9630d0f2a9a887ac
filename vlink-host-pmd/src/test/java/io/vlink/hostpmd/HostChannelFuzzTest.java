// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.vlink.hostpmd.TestGuest.Lent;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.SubChannel;
import io.vlink.spec.pci.Limits;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A guest that does anything at all with its rings, its lane word and what it was lent, against a real port: the host never
 * fails, every packet that it gets lies in a buffer of its own, and no buffer is lost.
 */
class HostChannelFuzzTest {
    private static final int QUEUE_SIZE = 64;
    private static final int MOST_LENT = 4 * QUEUE_SIZE;
    private static final SubChannel[] RINGS = SubChannel.values();
    private static final int CHAINS_MTU = 9_000;

    private final List<Lent> lent = new ArrayList<>();
    private final PacketBurst burst = new PacketBurst(QUEUE_SIZE);
    private TestLink link;
    private TestGuest guest;
    private VlinkPort port;

    @FuzzTest(maxDuration = "1m")
    void survivesWhateverAGuestDoes(byte[] actions) {
        ByteBuffer script = ByteBuffer.wrap(actions).order(ByteOrder.LITTLE_ENDIAN);
        if (script.remaining() < 2) {
            return;
        }
        int kind = script.get();
        link = new TestLink((kind & 4) == 0 ? 2 : 1, QUEUE_SIZE, (kind & 1) == 0 ? Limits.DEFAULT_MTU : CHAINS_MTU);
        guest = new TestGuest(link);
        port = link.attach((kind & 2) == 0 ? LinkMode.MQ : LinkMode.BOND);
        try {
            guest.acknowledge();
            port.linkUp();
            if ((kind & 8) != 0 && port.maxSegments() == 1) {
                goRound();
            }
            while (script.hasRemaining()) {
                act(script.get() & 0xff, script);
                // What is missing is the beginning of a packet whose end has not come.
                assertThat(accountedFor()).isBetween(port.bufferCount() - unfinished(), port.bufferCount());
            }
            startEpoch();
            assertThat(accountedFor()).isEqualTo(port.bufferCount());
        } finally {
            port.close();
            link.close();
            lent.clear();
            burst.clear();
        }
    }

    private int accountedFor() {
        return port.freeBuffers() + port.lentBuffers();
    }

    private int unfinished() {
        return port.maxSegments() == 1 ? 0 : link.channels * port.maxSegments();
    }

    private void startEpoch() {
        guest.lane(0);
        port.linkUp();
        guest.acknowledge();
        assertThat(port.linkUp()).isTrue();
    }

    private void act(int action, ByteBuffer script) {
        int channel = Math.min(action >>> 7, link.channels - 1);
        switch (action & 0x7) {
            case 0 -> hostSends(Math.min(channel, port.queues() - 1), 1 + (action >>> 3 & 0xf));
            case 1 -> hostReceives(Math.min(channel, port.queues() - 1), (action & 0x8) == 0);
            case 2 -> guestTakes(channel, (action & 0x8) == 0 ? SubChannel.RX : SubChannel.ALLOC);
            case 3, 4 -> guestReturns(channel, (action & 0x8) == 0 ? SubChannel.TX : SubChannel.FREE, action, script);
            case 5 -> guest.moveTo(channel, RINGS[action >>> 3 & 3], next(script));
            case 6 -> guestScribbles(channel, script);
            default -> guestJoins((action & 0x8) == 0, script);
        }
    }

    private void hostSends(int queue, int count) {
        int taken = port.alloc(queue, burst, count);
        for (int i = 0; i < taken; i++) {
            burst.length(i, Limits.MIN_FRAME_BYTES + i * 100);
        }
        int sent = port.txBurst(queue, burst);
        burst.removeFirst(sent);
        port.drop(queue, burst);
        burst.clear();
    }

    /** Packets go round between both sides, as they mostly do. */
    private void goRound() {
        hostSends(0, QUEUE_SIZE / 2);
        for (int lap = 0; lap < 4; lap++) {
            guestTakes(0, SubChannel.RX);
            guest.put(0, SubChannel.TX, lent);
            lent.clear();
            hostReceives(0, false);
        }
        guestTakes(0, SubChannel.RX);
    }

    private void hostReceives(int queue, boolean keeps) {
        assertThat(port.rxBurst(queue, burst)).isEqualTo(burst.count());
        long poolEnd = link.poolOffset + (long) link.bufferCount * Limits.BUFFER_BYTES;
        for (int i = 0; i < burst.count(); i++) {
            assertThat(burst.offset(i)).isBetween(link.poolOffset, poolEnd - burst.length(i));
            assertThat(burst.length(i)).isBetween(1, Limits.BUFFER_BYTES);
        }
        if (!keeps) {
            burst.removeFirst(port.txBurst(queue, burst));
        }
        port.free(queue, burst);
        burst.clear();
    }

    private void guestTakes(int channel, SubChannel ring) {
        lent.addAll(guest.takeUpTo(channel, ring, QUEUE_SIZE));
        while (lent.size() > MOST_LENT) {
            lent.removeFirst();
        }
    }

    /** As it was lent, or with some bits turned over. */
    private void guestReturns(int channel, SubChannel ring, int action, ByteBuffer script) {
        int which = script.hasRemaining() ? script.get() & 0xff : 0;
        Lent descriptor = lent.isEmpty() ? new Lent(0, 0) : lent.get(which % lent.size());
        if ((action & 0x10) != 0) {
            descriptor = descriptor.withAddress(descriptor.address() ^ next(script));
        }
        if ((action & 0x20) != 0) {
            descriptor = new Lent(descriptor.address(), descriptor.meta() ^ next(script));
        }
        if ((action & 0x40) == 0) {
            lent.remove(descriptor);
        }
        guest.put(channel, ring, List.of(descriptor));
    }

    /** Whatever a guest can reach: its lane word apart, all of the data channel. */
    private void guestScribbles(int channel, ByteBuffer script) {
        MemorySegment memory = link.dataChannel(channel);
        long place = (next(script) & Long.MAX_VALUE) % memory.byteSize();
        int count = (int) Math.min(script.remaining(), Math.min(16, memory.byteSize() - place));
        for (int i = 0; i < count; i++) {
            memory.set(ValueLayout.JAVA_BYTE, place + i, script.get());
        }
    }

    private void guestJoins(boolean properly, ByteBuffer script) {
        if (properly) {
            guest.acknowledge();
        } else {
            guest.lane(next(script));
        }
        port.linkUp();
    }

    private static long next(ByteBuffer script) {
        return script.remaining() < Long.BYTES ? script.remaining() : script.getLong();
    }
}
