// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.hostpmd.TestGuest.Lent;
import io.vlink.infra.port.MacAddress;
import io.vlink.traffic.frame.UdpFlow;
import io.vlink.traffic.frame.UdpFrame;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.channel.SubChannel;
import io.vlink.spec.record.HostCounter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class VlinkPortTest {
    private static final int QUEUE_SIZE = 64;
    private static final int CHANNELS = 2;

    private final TestLink link = new TestLink(CHANNELS, QUEUE_SIZE);
    private final TestGuest guest = new TestGuest(link);
    private final PacketBurst burst = new PacketBurst(4 * QUEUE_SIZE);

    @AfterEach
    void close() {
        link.close();
    }

    /** Fills the burst with frames of one flow. */
    private void frames(VlinkPort port, int count, int flow) {
        int first = burst.count();
        assertThat(port.alloc(burst, count)).isEqualTo(count);
        UdpFrame frame = new UdpFrame(UdpFlow.ofStream(port.mac(), flow), flow, 64);
        for (int i = first; i < first + count; i++) {
            frame.build(port.region(), burst.offset(i), i, 0);
            burst.length(i, frame.frameBytes());
        }
    }

    /** A port of one queue, which need not look at the lane before each burst while the guest sends bursts of packets. */
    @Nested
    class AmidTraffic {
        private static final int LONG_QUEUE = 256;
        /** Bursts from one look to the next, with the one that looks. */
        private static final int BETWEEN_LOOKS = 16;
        private final TestLink alone = new TestLink(1, LONG_QUEUE);
        private final TestGuest atWork = new TestGuest(alone);
        private final VlinkPort port = atWork.up(LinkMode.MQ);

        @AfterEach
        void detach() {
            port.close();
            alone.close();
        }

        /** Bursts go to and fro; the last one, which is on its way back, came right after a look at the lane. */
        private void getToWork() {
            frames(port, 16, 0);
            assertThat(port.txBurst(0, burst)).isEqualTo(16);
            burst.clear();
            assertThat(atWork.echo(0)).isEqualTo(16);
            assertThat(port.rxBurst(0, burst)).isEqualTo(16);
            assertThat(port.txBurst(0, burst)).isEqualTo(16);
            burst.clear();
            assertThat(atWork.echo(0)).isEqualTo(16);
        }

        /** The guest goes on with its echo; returns with which burst the host begins a new epoch. */
        private int burstsUntilTheEpochEnds() {
            int bursts = 0;
            while (LaneState.of(atWork.hostWord()) != LaneState.INITIALIZING && bursts < 100) {
                bursts++;
                if (burst.isEmpty()) {
                    port.rxBurst(0, burst);
                } else {
                    burst.removeFirst(port.txBurst(0, burst));
                    atWork.echo(0);
                }
            }
            return bursts;
        }

        @Test
        void theSixteenthBurstSeesThatTheGuestBeginsAnew() {
            getToWork();
            atWork.lane(LaneState.INITIALIZING.word(0, 0));
            assertThat(burstsUntilTheEpochEnds()).isEqualTo(BETWEEN_LOOKS);
            assertThat(atWork.acknowledge()).isTrue();
            assertThat(port.linkUp()).isTrue();
            assertThat(port.epochCount()).isEqualTo(2);
            assertThat(port.channelStatistics().drops().values()).containsOnly(0L);
        }

        @Test
        void theSixteenthBurstSeesThatTheHostsWordWasSpoilt() {
            getToWork();
            atWork.scribbleOverTheHostsLane(LaneState.NOT_INITIALIZED.word(77, 7));
            assertThat(burstsUntilTheEpochEnds()).isEqualTo(BETWEEN_LOOKS);
        }

        @Test
        void aBurstThatFindsNothingIsFollowedByALook() {
            getToWork();
            assertThat(port.rxBurst(0, burst)).isEqualTo(16);
            atWork.lane(LaneState.INITIALIZING.word(0, 0));
            assertThat(port.rxBurst(0, burst)).isZero();
            assertThat(LaneState.of(atWork.hostWord())).isEqualTo(LaneState.INITIALIZED);
            assertThat(port.rxBurst(0, burst)).isZero();
            assertThat(LaneState.of(atWork.hostWord())).isEqualTo(LaneState.INITIALIZING);
        }

        @Test
        void whoOnlySendsAfterwardsLooksBeforeEachBurst() {
            getToWork();
            assertThat(port.rxBurst(0, burst)).isEqualTo(16); // one of the fifteen without a look
            for (int sent = 0; sent < 2 * BETWEEN_LOOKS - 1; sent++) {
                assertThat(sendOne()).as("after %d", sent).isEqualTo(1);
            }
            // The fifteenth has looked, knowing that packets had come before it; the thirtieth as well, knowing of none.
            atWork.lane(LaneState.INITIALIZING.word(0, 0));
            assertThat(sendOne()).isZero();
        }

        private int sendOne() {
            PacketBurst one = new PacketBurst(1);
            assertThat(port.alloc(0, one, 1)).isEqualTo(1);
            one.length(0, 64);
            return port.txBurst(0, one);
        }

        @Test
        void nothingFlowsOnceTheEpochsEndWasSeen() {
            getToWork();
            atWork.lane(LaneState.NOT_INITIALIZED.word(0, 0));
            assertThat(port.linkUp()).isFalse();
            assertThat(port.rxBurst(0, burst)).isZero();
            frames(port, 1, 0);
            assertThat(port.txBurst(0, burst)).isZero();
        }

        @Test
        void nothingFlowsOnceThePortHasStopped() {
            getToWork();
            port.stop();
            assertThat(port.rxBurst(0, burst)).isZero();
            frames(port, 1, 0);
            assertThat(port.txBurst(0, burst)).isZero();
            port.close();
            burst.clear();
            assertThat(port.rxBurst(0, burst)).isZero();
        }

        @Test
        void aPortOfSeveralQueuesLooksBeforeEachBurstAsAnotherWorkerMayEndTheEpoch() {
            try (VlinkPort several = guest.up(LinkMode.MQ)) {
                frames(several, 16, 0);
                for (int round = 0; round < 3; round++) {
                    assertThat(several.txBurst(0, burst)).isEqualTo(16);
                    burst.clear();
                    assertThat(guest.echo(0)).isEqualTo(16);
                    assertThat(several.rxBurst(0, burst)).isEqualTo(16);
                }
                guest.lane(LaneState.INITIALIZING.word(0, 0));
                assertThat(several.txBurst(0, burst)).isZero();
            }
        }

        @Test
        void aGuestThatSendsBurstsOfAnyLengthNeverRunsOutOfEmptyBuffers() {
            List<Lent> empty = new ArrayList<>();
            PacketBurst received = new PacketBurst(100);
            port.rxBurst(0, received);
            for (int round = 0; round < 400; round++) {
                empty.addAll(atWork.take(0, SubChannel.ALLOC));
                assertThat(empty).as("after %d bursts", round).hasSizeGreaterThan(received.capacity());
                List<Lent> filled = empty.subList(0, received.capacity());
                atWork.put(0, SubChannel.TX, filled.stream().map(buffer -> buffer.withLength(64)).toList());
                filled.clear();
                assertThat(port.rxBurst(0, received)).isEqualTo(received.capacity());
                port.free(received);
            }
        }
    }

    @Nested
    class Bursts {
        private final VlinkPort port = guest.up(LinkMode.MQ);

        @AfterEach
        void detach() {
            port.close();
        }

        @Test
        void aPrefetchIsRefusedForAQueueThatIsNotThereAndHarmlessOnAClosedPort() {
            assertThatThrownBy(() -> port.prefetch(port.queues())).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("queue=" + port.queues());
            assertThatThrownBy(() -> port.prefetch(-1)).isInstanceOf(IllegalArgumentException.class);
            port.prefetch(0);
            port.close();
            port.prefetch(0);
        }

        @Test
        void rejectsPacketsThatTheProgramMayNotLendAndSendsThoseBefore() {
            frames(port, 3, 0);
            burst.length(1, 13);
            assertThatThrownBy(() -> port.txBurst(0, burst)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("packet=1").hasMessageContaining("length=13");
            assertThat(guest.take(0, SubChannel.RX)).hasSize(1);
            burst.removeFirst(1);
            burst.length(0, 60);
            burst.offset(1, burst.offset(0)); // the same buffer twice
            assertThatThrownBy(() -> port.txBurst(0, burst)).hasMessageContaining("packet=1");
        }

        @Test
        void rejectsFreeingWhatTheGuestHas() {
            frames(port, 1, 0);
            assertThat(port.txBurst(0, burst)).isEqualTo(1);
            assertThatThrownBy(() -> port.free(burst)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("only buffers that the program holds can be freed");
        }

        @Test
        void regressionRejectsBuffersInThePoolWhichItWouldHandOutTwice() {
            frames(port, 2, 0);
            PacketBurst again = new PacketBurst(1);
            again.add(burst.offset(0), burst.meta(0));
            port.free(burst);
            int free = port.freeBuffers();
            assertThatThrownBy(() -> port.free(again)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> port.txBurst(0, again)).isInstanceOf(IllegalArgumentException.class);
            assertThat(port.freeBuffers()).isEqualTo(free);
            assertThat(again.count()).isEqualTo(1);
        }

        @Test
        void takesWhatTheRingHasRoomForAndCountsTheRest() {
            frames(port, QUEUE_SIZE + 10, 0);
            assertThat(port.txBurst(0, burst)).isEqualTo(QUEUE_SIZE);
            assertThat(port.channelStatistics().value(0, HostCounter.TX_FULL)).isEqualTo(10);
            assertThat(port.channelStatistics().value(0, HostCounter.TX_PACKETS)).isEqualTo(QUEUE_SIZE);
            assertThat(port.channelStatistics().value(0, HostCounter.TX_BYTES)).isEqualTo(QUEUE_SIZE * 60L);
            assertThat(port.txBurst(0, burst)).isZero();
        }

        @Test
        void bringsAPacketBackInTheVeryBufferItWasSentIn() {
            frames(port, 4, 0);
            Set<Long> sent = new HashSet<>();
            for (int i = 0; i < burst.count(); i++) {
                sent.add(burst.offset(i));
            }
            burst.removeFirst(port.txBurst(1, burst));
            assertThat(guest.echo(1)).isEqualTo(4);
            assertThat(port.rxBurst(0, burst)).isZero();
            assertThat(port.rxBurst(1, burst)).isEqualTo(4);
            for (int i = 0; i < burst.count(); i++) {
                assertThat(sent.remove(burst.offset(i))).isTrue();
            }
        }

        @Test
        void lendsEmptyBuffersThatTheGuestFillsOrFrees() {
            port.rxBurst(0, burst);
            List<Lent> empty = guest.take(0, SubChannel.ALLOC);
            assertThat(empty).hasSize(QUEUE_SIZE).allMatch(buffer -> buffer.length() >= port.maxFrameBytes()
                    && buffer.address() % port.bufferBytes() + buffer.length() == port.bufferBytes());
            assertThat(empty).extracting(buffer -> buffer.address() % port.bufferBytes())
                    .as("frames that begin at different lines").contains(0L, 64L, 448L);
            guest.put(0, SubChannel.TX, List.of(empty.get(0).withLength(64), empty.get(1).withLength(1_514)));
            guest.put(0, SubChannel.FREE, empty.subList(2, QUEUE_SIZE));
            assertThat(port.rxBurst(0, burst)).isEqualTo(2);
            assertThat(burst.length(1)).isEqualTo(1_514);
            assertThat(port.channelStatistics().value(0, HostCounter.FREE_BUFFERS)).isEqualTo(QUEUE_SIZE - 2);
            assertThat(guest.take(0, SubChannel.ALLOC)).hasSize(QUEUE_SIZE);
            assertThat(port.freeBuffers() + port.lentBuffers() + burst.count()).isEqualTo(port.bufferCount());
        }

        @Test
        void appendsAndNeverReceivesMoreThanTheBurstHasRoomFor() {
            frames(port, 8, 0);
            burst.removeFirst(port.txBurst(0, burst));
            guest.echo(0);
            PacketBurst small = new PacketBurst(5);
            port.alloc(small, 2);
            assertThat(port.rxBurst(0, small)).isEqualTo(3);
            assertThat(port.rxBurst(0, small)).isZero();
            assertThat(port.rxBurst(0, burst)).isEqualTo(5);
        }
    }

    @Nested
    class Epochs {
        @Test
        void staysDownUntilTheGuestAcknowledges() {
            VlinkPort port = link.attach(LinkMode.MQ);
            assertThat(port.waitUntilUp(Duration.ofMillis(20))).isFalse();
            assertThat(port.txBurst(0, burst)).isZero();
            assertThat(port.rxBurst(0, burst)).isZero();
            guest.lane(LaneState.INITIALIZED.word(LaneState.epoch(guest.hostWord()) + 1));
            assertThat(port.linkUp()).isFalse();
            guest.acknowledge();
            assertThat(port.linkUp()).isTrue();
            assertThat(LaneState.INITIALIZED.isSaidBy(guest.hostWord(), 1)).isTrue();
        }

        @Test
        void takesEveryBufferBackOnceTheGuestHasAgreedToANewEpoch() {
            VlinkPort port = guest.up(LinkMode.MQ);
            port.rxBurst(0, burst);
            frames(port, 10, 0);
            burst.removeFirst(port.txBurst(0, burst));
            frames(port, 3, 0); // the program's own: they stay the program's
            int lent = port.lentBuffers();
            assertThat(lent).isEqualTo(QUEUE_SIZE + 10);

            guest.lane(LaneState.INITIALIZING.word(0));
            assertThat(port.txBurst(0, burst)).isZero();
            assertThat(port.lentBuffers()).isEqualTo(lent);
            guest.acknowledge();
            assertThat(port.linkUp()).isTrue();
            assertThat(port.epochCount()).isEqualTo(2);
            assertThat(port.lentBuffers()).isZero();
            assertThat(port.freeBuffers()).isEqualTo(port.bufferCount() - 3);
            assertThat(port.channelStatistics().total(HostCounter.RECLAIMED_BUFFERS)).isEqualTo(lent);
        }

        @Test
        void leavesBuffersOfADeadDriverAloneUntilTheGuestHasAgreed() {
            VlinkPort dead = guest.up(LinkMode.MQ);
            frames(dead, 10, 0);
            dead.txBurst(0, burst);
            burst.clear();
            List<Lent> held = guest.take(0, SubChannel.RX);

            VlinkPort port = link.attach(LinkMode.MQ);
            assertThat(port.freeBuffers()).isEqualTo(port.bufferCount() - 10);
            guest.put(0, SubChannel.TX, held);
            assertThat(port.rxBurst(0, burst)).isZero();
            guest.acknowledge();
            assertThat(port.linkUp()).isTrue();
            assertThat(LaneState.INITIALIZED.isSaidBy(guest.hostWord(), 2)).isTrue();
            assertThat(port.freeBuffers()).isEqualTo(port.bufferCount());
            guest.put(0, SubChannel.TX, held); // of the old epoch
            assertThat(port.rxBurst(0, burst)).isZero();
            assertThat(port.channelStatistics().total(HostCounter.DROP_NOT_LENT)).isEqualTo(10);
        }

        @Test
        void leavesTheLaneWhenItDetaches() {
            guest.up(LinkMode.MQ).close();
            assertThat(LaneState.of(guest.hostWord())).isEqualTo(LaneState.NOT_INITIALIZED);
        }
    }

    @Nested
    class Bond {
        private final VlinkPort port = guest.up(LinkMode.BOND);

        @Test
        void showsOneQueue() {
            assertThat(port.queues()).isEqualTo(1);
            assertThatThrownBy(() -> port.rxBurst(1, burst)).hasMessage("mode=bond has queue 0 only: queue=1");
        }

        @Test
        void keepsAFlowOnAChannelAndSpreadsManyOverAll() {
            int[] packets = new int[CHANNELS];
            for (int flow = 0; flow < 32; flow++) {
                frames(port, 3, flow);
                assertThat(port.txBurst(0, burst)).isEqualTo(3);
                burst.clear();
                int onFirst = guest.echo(0);
                int onSecond = guest.echo(1);
                assertThat(Math.max(onFirst, onSecond)).isEqualTo(3);
                packets[onFirst == 3 ? 0 : 1]++;
                assertThat(port.rxBurst(0, burst)).isEqualTo(3);
                port.free(burst);
            }
            assertThat(packets[0]).isBetween(6, 26);
        }

        @Test
        void takesAPrefixWhenAFlowsChannelIsFull() {
            frames(port, QUEUE_SIZE + 1, 0);
            assertThat(port.txBurst(0, burst)).isEqualTo(QUEUE_SIZE);
            burst.removeFirst(QUEUE_SIZE);
            assertThat(port.txBurst(0, burst)).isZero();
        }

        @Test
        void regressionLosesNoPacketToAChannelThatIsQuarantinedInTheMiddleOfABurst() {
            frames(port, QUEUE_SIZE - 2, 0);
            burst.removeFirst(port.txBurst(0, burst));
            int full = guest.take(0, SubChannel.RX).isEmpty() ? 1 : 0;
            guest.moveTo(full, SubChannel.RX, 1L << 50);
            frames(port, 8, 0); // two fit without a look at the guest's position
            burst.removeFirst(port.txBurst(0, burst));
            assertThat(port.channelStatistics().value(full, HostCounter.QUARANTINED)).isEqualTo(1);
            assertThat(port.freeBuffers() + port.lentBuffers() + burst.count()).isEqualTo(port.bufferCount());
        }

        @Test
        void regressionABusyChannelDoesNotKeepTheOtherWaiting() {
            port.rxBurst(0, burst);
            PacketBurst small = new PacketBurst(4);
            int[] received = new int[CHANNELS];
            for (int channel = 0; channel < CHANNELS; channel++) {
                List<Lent> packets = guest.take(channel, SubChannel.ALLOC).subList(0, 8);
                int length = 100 + channel;
                guest.put(channel, SubChannel.TX, packets.stream().map(packet -> packet.withLength(length)).toList());
            }
            for (int round = 0; round < CHANNELS; round++) {
                assertThat(port.rxBurst(0, small)).isEqualTo(4);
                received[small.length(0) - 100] += small.count();
                port.free(small);
            }
            assertThat(received).containsExactly(4, 4);
        }

        @Test
        void movesFlowsOffAQuarantinedChannel() {
            guest.moveTo(0, SubChannel.TX, 1L << 50);
            guest.moveTo(0, SubChannel.RX, 1L << 50);
            port.rxBurst(0, burst);
            for (int flow = 0; flow < 8; flow++) {
                frames(port, 1, flow);
            }
            assertThat(port.txBurst(0, burst)).isEqualTo(8);
            assertThat(guest.take(1, SubChannel.RX)).hasSize(8);
        }
    }

    @Test
    void tellsWhatTheLinkIs() {
        VlinkPort port = link.attach(LinkMode.MQ);
        assertThat(port.mac()).isEqualTo(new MacAddress(0x52_54_00_12_34_56L));
        assertThat(port.mtu()).isEqualTo(1_500);
        assertThat(port.queues()).isEqualTo(CHANNELS);
        assertThat(port.domain()).isEqualTo("testvm1");
    }
}
