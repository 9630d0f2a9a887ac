// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.hostpmd.TestGuest.Lent;
import io.vlink.infra.port.QueueClaim;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.SubChannel;
import io.vlink.spec.record.HostCounter;
import io.vlink.traffic.frame.UdpFlow;
import io.vlink.traffic.frame.UdpFrame;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A program that sends and never receives lives on what its guest gives back on {@code free}. */
class SendOnlyTest {
    private static final int QUEUE_SIZE = 64;
    private static final int CHANNELS = 2;
    private static final int PACKETS = 32;
    private static final int FLOWS = 8;
    private static final int BURSTS_OF_A_FLOW = 50;

    private final TestLink link = new TestLink(CHANNELS, QUEUE_SIZE);
    private final TestGuest guest = new TestGuest(link);
    private final List<List<Lent>> read = List.of(new ArrayList<>(), new ArrayList<>());
    private final PacketBurst burst = new PacketBurst(PACKETS);

    @AfterEach
    void close() {
        link.close();
    }

    @ParameterizedTest
    @EnumSource(LinkMode.class)
    void neverRunsShortOfBuffers(LinkMode mode) {
        try (VlinkPort port = link.attach(mode)) {
            guest.acknowledge();
            assertThat(port.linkUp()).isTrue();
            for (int flow = 0; flow < FLOWS; flow++) {
                for (int i = 0; i < BURSTS_OF_A_FLOW; i++) {
                    sendBurst(port, flow);
                    readAll();
                    giveBack();
                }
            }
            ChannelStatistics statistics = port.channelStatistics();
            int sent = FLOWS * BURSTS_OF_A_FLOW * PACKETS;
            assertThat(sent).isGreaterThan(10 * port.bufferCount());
            assertThat(statistics.total(HostCounter.TX_PACKETS)).isEqualTo(sent);
            assertThat(statistics.drops().values()).allMatch(dropped -> dropped == 0);
        }
    }

    @ParameterizedTest
    @EnumSource(LinkMode.class)
    void regressionGoesOnWhenTheGuestReadsNothingBeforeItHasGivenBackWhatItRead(LinkMode mode) {
        try (VlinkPort port = link.attach(mode)) {
            guest.acknowledge();
            assertThat(port.linkUp()).isTrue();
            int most = 4 * QUEUE_SIZE * CHANNELS;
            for (int i = 0; i < most && sent(port) < 3L * port.bufferCount(); i++) {
                port.alloc(0, burst, burst.capacity() - burst.count());
                for (int j = 0; j < burst.count(); j++) {
                    burst.length(j, 60);
                }
                burst.removeFirst(port.txBurst(0, burst));
                giveBackThenRead();
            }
            assertThat(sent(port)).isGreaterThanOrEqualTo(3L * port.bufferCount());
        }
    }

    @Test
    void regressionSeesTheEndOfWhatItSentWhenTheGuestHasNoRoomToGiveBack() {
        try (VlinkPort port = link.attach(LinkMode.MQ)) {
            guest.acknowledge();
            assertThat(port.linkUp()).isTrue();
            fillRx(port);
            readAll();
            giveBack();
            fillRx(port);
            readAll();
            fillRx(port);
            boolean drained = port.isDrained(0);
            assertThat(drained).isFalse();
            for (int i = 0; i < 10 && !drained; i++) {
                giveBackThenRead();
                drained = port.isDrained(0);
            }
            assertThat(drained).isTrue();
        }
    }

    @Test
    void regressionOneThreadMaySendOnAnyQueueWhatItAllocatedOnAnother() {
        try (VlinkPort port = link.attach(LinkMode.MQ)) {
            guest.acknowledge();
            assertThat(port.linkUp()).isTrue();
            int bursts = 3 * port.bufferCount() / PACKETS;
            for (int i = 0; i < bursts; i++) {
                sendBurst(port, 0, 1);
                readAll();
                giveBack();
            }
            assertThat(sent(port)).isEqualTo((long) bursts * PACKETS);
        }
    }

    @Test
    void whereQueuesHaveWorkersBuffersComeBackWithTheWorkerOfTheQueueThatTheyWereSentOn() {
        try (VlinkPort port = link.attach(LinkMode.MQ);
                QueueClaim _ = port.claim(0, "first");
                QueueClaim _ = port.claim(1, "second")) {
            guest.acknowledge();
            assertThat(port.linkUp()).as("before each queue was polled").isFalse();
            assertThat(port.linkUp()).isTrue();
            for (int i = 0; i < port.bufferCount() && port.alloc(0, burst, PACKETS) > 0; i++) {
                sendHeld(port, 0, 1);
                readAll();
                giveBack();
            }
            assertThat(port.alloc(0, burst, PACKETS)).as("the worker of queue 1 has not looked").isZero();
            assertThat(port.rxBurst(1, burst)).isZero();
            assertThat(port.alloc(0, burst, PACKETS)).isEqualTo(PACKETS);
        }
    }

    private void fillRx(VlinkPort port) {
        for (int i = 0; i < QUEUE_SIZE / PACKETS; i++) {
            sendBurst(port, 0);
        }
    }

    private static long sent(VlinkPort port) {
        return port.channelStatistics().total(HostCounter.TX_PACKETS);
    }

    private void giveBackThenRead() {
        giveBack();
        for (int channel = 0; channel < CHANNELS; channel++) {
            if (read.get(channel).isEmpty()) {
                read.get(channel).addAll(guest.take(channel, SubChannel.RX));
            }
        }
    }

    private void sendBurst(VlinkPort port, int flow) {
        sendBurst(port, flow, 0);
    }

    private void sendBurst(VlinkPort port, int flow, int queue) {
        assertThat(port.alloc(0, burst, PACKETS)).isEqualTo(PACKETS);
        sendHeld(port, flow, queue);
    }

    private void sendHeld(VlinkPort port, int flow, int queue) {
        UdpFrame frame = new UdpFrame(UdpFlow.ofStream(port.mac(), flow), flow, 64);
        for (int i = 0; i < burst.count(); i++) {
            frame.build(port.region(), burst.offset(i), i, 0);
            burst.length(i, frame.frameBytes());
        }
        assertThat(port.txBurst(queue, burst)).isEqualTo(burst.count());
        burst.clear();
    }

    private void readAll() {
        for (int channel = 0; channel < CHANNELS; channel++) {
            read.get(channel).addAll(guest.take(channel, SubChannel.RX));
        }
    }

    /** Gives back what {@code free} has room for. */
    private void giveBack() {
        for (int channel = 0; channel < CHANNELS; channel++) {
            List<Lent> held = read.get(channel);
            List<Lent> returned = held.subList(0, Math.min(held.size(), guest.room(channel, SubChannel.FREE)));
            guest.put(channel, SubChannel.FREE, returned);
            returned.clear();
        }
    }
}
