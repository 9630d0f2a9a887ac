// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import static io.vlink.guest.SmallHost.bus;
import static io.vlink.guest.SmallHost.meta;
import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.GuestCounter;
import io.vlink.spec.channel.LaneState;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.channel.SubChannel;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuestQueueTest {
    private static final long BUFFER = 6 * SmallHost.BUFFER_BYTES;
    private static final long OTHER = (1L << 21) + 3 * SmallHost.BUFFER_BYTES;

    private final SmallHost host = new SmallHost();
    private final GuestDevice device = GuestDevice.open(host);
    private final GuestLink link = device.link("tap123");
    private final GuestQueue queue = link.queue(0);
    private final PacketBurst burst = new PacketBurst(4);

    @BeforeEach
    void bringUp() {
        link.attach();
        host.bringUp(link);
    }

    @AfterEach
    void close() {
        if (!host.isClosed()) {
            device.close();
        }
    }

    private void assertPacket(int index, long offset, long meta) {
        assertThat(List.of(burst.offset(index), burst.meta(index))).containsExactly(offset, meta);
    }

    @Nested
    class RxBurst {
        @Test
        void returnsZeroOnAnEmptyRing() {
            assertThat(queue.rxBurst(burst)).isZero();
        }

        @Test
        void translatesAndKeepsTheGeneration() {
            host.put(host.rx, bus(BUFFER), meta(60, 7), bus(OTHER + 64), meta(1_514, 8));
            assertThat(queue.rxBurst(burst)).isEqualTo(2);
            assertPacket(0, BUFFER, meta(60, 7));
            assertPacket(1, OTHER + 64, meta(1_514, 8));
            assertThat(queue.counter(GuestCounter.RX_BYTES)).isEqualTo(1_574);
        }

        @Test
        void takesNoMoreThanTheBurstHasRoomFor() {
            for (int i = 0; i < 5; i++) {
                host.put(host.rx, bus(BUFFER + i * 2_048L), meta(60, i));
            }
            assertThat(queue.rxBurst(burst)).isEqualTo(4);
            assertThat(queue.rxBurst(burst)).isEqualTo(1);
            assertThat(burst.offset(0)).isEqualTo(BUFFER + 4 * 2_048L);
        }

        @ParameterizedTest
        @CsvSource({"0, 0", "13, 0", "-1, 0", "2049, 0", "2147483647, 0", "60, 1", "60, 2", "60, 32768"})
        void givesTheBufferOfABadDescriptorBackAndKeepsItsNeighbours(int length, int flags) {
            host.put(host.rx, bus(BUFFER), meta(60, 1), bus(OTHER), Descriptor.meta(length, flags, 9),
                    bus(BUFFER + 2_048),
                    meta(60, 2));
            assertThat(queue.rxBurst(burst)).isEqualTo(2);
            assertPacket(0, BUFFER, meta(60, 1));
            assertPacket(1, BUFFER + 2_048, meta(60, 2));
            assertThat(queue.counter(GuestCounter.RX_BAD_DESCRIPTORS)).isEqualTo(1);
            assertThat(host.free.poll(host.batch, 8)).isEqualTo(1);
            assertThat(host.batch.address(0)).isEqualTo(bus(OTHER));
            assertThat(Descriptor.generation(host.batch.meta(0))).isEqualTo(9);
            assertThat(Descriptor.flags(host.batch.meta(0))).isZero();
        }

        @Test
        void rejectsAPacketThatStartsInItsBufferAndEndsBehindIt() {
            host.put(host.rx, bus(BUFFER + 2_000), meta(60, 1));
            assertThat(queue.rxBurst(burst)).isZero();
            assertThat(queue.counter(GuestCounter.RX_BAD_DESCRIPTORS)).isEqualTo(1);
        }

        @ParameterizedTest
        @CsvSource({"0", "-1", "0x6ffc00000", "0x700200000", "0x7fffffffffffffff"})
        void dropsADescriptorThatIsInNoPage(String address) {
            host.put(host.rx, Long.decode(address), meta(60, 1), bus(BUFFER), meta(60, 2));
            assertThat(queue.rxBurst(burst)).isEqualTo(1);
            assertThat(queue.counter(GuestCounter.RX_BAD_DESCRIPTORS)).isEqualTo(1);
            assertThat(host.free.poll(host.batch, 8)).isZero();
        }

        @Test
        void restsAfterAnImpossibleProducerPositionUntilTheNextEpoch() {
            host.ring(SubChannel.RX).set(SharedWord.LONG, RingLayout.PRODUCER_OFFSET, SmallHost.QUEUE_SIZE + 1L);
            assertThat(queue.rxBurst(burst)).isZero();
            assertThat(queue.isFaulted()).isTrue();
            burst.add(BUFFER, meta(60, 1));
            assertThat(queue.txBurst(burst)).isZero();

            link.close();
            link.attach();
            host.bringUp(link);
            assertThat(queue.isFaulted()).isFalse();
            host.put(host.rx, bus(BUFFER), meta(60, 1));
            assertThat(queue.rxBurst(burst)).isEqualTo(1);
        }
    }

    /** Eight packets, as many as the ring has room for, have gone round four times: they are compared with the lap before. */
    @Nested
    class PacketsThatGoRound {
        private final PacketBurst round = new PacketBurst(SmallHost.QUEUE_SIZE);
        private int generation;
        private long bytes;

        @BeforeEach
        void goRound() {
            for (int lap = 0; lap < 4; lap++) {
                put(0, SmallHost.QUEUE_SIZE);
                assertThat(queue.rxBurst(round)).isEqualTo(SmallHost.QUEUE_SIZE);
            }
        }

        private void put(int from, int to) {
            generation++;
            for (int i = from; i < to; i++) {
                host.put(host.rx, bus(BUFFER + i * 2_048L), meta(60 + i, generation));
                bytes += 60 + i;
            }
        }

        @Test
        void haveTheirGenerationsAndAreCounted() {
            put(0, SmallHost.QUEUE_SIZE);
            assertThat(queue.rxBurst(round)).isEqualTo(SmallHost.QUEUE_SIZE);
            for (int i = 0; i < SmallHost.QUEUE_SIZE; i++) {
                assertThat(round.offset(i)).isEqualTo(BUFFER + i * 2_048L);
                assertThat(round.meta(i)).isEqualTo(meta(60 + i, generation));
            }
            assertThat(queue.counter(GuestCounter.RX_PACKETS)).isEqualTo(5L * SmallHost.QUEUE_SIZE);
            assertThat(queue.counter(GuestCounter.RX_BYTES)).isEqualTo(bytes);
        }

        @Test
        void aLoneOneAmongThemIsTakenAndCounted() {
            for (int i = 0; i < 200; i++) {
                put(i % SmallHost.QUEUE_SIZE, i % SmallHost.QUEUE_SIZE + 1);
                assertThat(queue.rxBurst(round)).isEqualTo(1);
                assertThat(round.offset(0)).isEqualTo(BUFFER + i % SmallHost.QUEUE_SIZE * 2_048L);
            }
            assertThat(queue.counter(GuestCounter.RX_BYTES)).isEqualTo(bytes);
        }

        @ParameterizedTest
        @CsvSource({"0, 0", "13, 0", "-1, 0", "2049, 0", "65, 1", "65, 32768"})
        void aBadOneAmongThemIsRefused(int length, int flags) {
            put(0, 5);
            host.put(host.rx, bus(BUFFER + 5 * 2_048L), Descriptor.meta(length, flags, 9));
            put(6, SmallHost.QUEUE_SIZE);
            assertThat(queue.rxBurst(round)).isEqualTo(SmallHost.QUEUE_SIZE - 1);
            assertThat(queue.counter(GuestCounter.RX_BAD_DESCRIPTORS)).isEqualTo(1);
            assertThat(queue.counter(GuestCounter.RX_BYTES)).isEqualTo(bytes);
            assertThat(host.free.poll(host.batch, 8)).isEqualTo(1);
        }

        @Test
        void onePlaceOutsideTheRegionIsRefused() {
            put(0, 7);
            host.put(host.rx, -1, meta(67, 9));
            assertThat(queue.rxBurst(round)).isEqualTo(7);
            assertThat(queue.counter(GuestCounter.RX_BAD_DESCRIPTORS)).isEqualTo(1);
        }
    }

    @Nested
    class TxBurst {
        @Test
        void sendsInOrderWithTheGenerationUnchanged() {
            burst.add(OTHER, meta(64, 3));
            burst.add(BUFFER, meta(128, 4));
            assertThat(queue.txBurst(burst)).isEqualTo(2);
            assertThat(queue.isDrained()).isFalse();
            assertThat(host.tx.poll(host.batch, 8)).isEqualTo(2);
            assertThat(host.batch.address(0)).isEqualTo(bus(OTHER));
            assertThat(host.batch.meta(0)).isEqualTo(meta(64, 3));
            assertThat(host.batch.address(1)).isEqualTo(bus(BUFFER));
            assertThat(host.batch.meta(1)).isEqualTo(meta(128, 4));
            assertThat(queue.isDrained()).isTrue();
            assertThat(queue.counter(GuestCounter.TX_BYTES)).isEqualTo(192);
        }

        @Test
        void takesWhatThereIsRoomForAndCountsTheRest() {
            for (int i = 0; i < 3; i++) {
                burst.clear();
                for (int j = 0; j < 3; j++) {
                    burst.add(BUFFER, meta(60, 3 * i + j));
                }
                assertThat(queue.txBurst(burst)).isEqualTo(i < 2 ? 3 : 2);
            }
            assertThat(queue.counter(GuestCounter.TX_FULL)).isEqualTo(1);
            assertThat(queue.txBurst(burst)).isZero();
        }

        @Test
        void restsAfterAnImpossibleConsumerPosition() {
            for (int i = 0; i < 2; i++) {
                burst.clear();
                for (int j = 0; j < 4; j++) {
                    burst.add(BUFFER, meta(60, j));
                }
                assertThat(queue.txBurst(burst)).isEqualTo(4);
            }
            host.ring(SubChannel.TX).set(SharedWord.LONG, RingLayout.CONSUMER_OFFSET, 9L);
            assertThat(queue.txBurst(burst)).isZero();
            assertThat(queue.isFaulted()).isTrue();
        }
    }

    @Test
    void allocatesBuffersAndFreesThem() {
        host.put(host.alloc, bus(OTHER), meta(2_048, 5), bus(OTHER + 1), meta(2_048, 6));
        assertThat(queue.alloc(burst)).isEqualTo(1);
        assertThat(burst.length(0)).isEqualTo(2_048);
        assertThat(queue.free(burst)).isEqualTo(1);
        assertThat(host.free.poll(host.batch, 8)).isEqualTo(2);
        assertThat(queue.counter(GuestCounter.FREE_BUFFERS)).isEqualTo(2);
    }

    @Test
    void showsItsCountersToTheHost() {
        host.put(host.rx, bus(BUFFER), meta(60, 1));
        queue.rxBurst(burst);
        queue.txBurst(burst);
        for (GuestCounter counter : GuestCounter.values()) {
            assertThat(host.memory.get(SharedWord.LONG, SmallHost.DATA_OFFSET + counter.offset())).as(counter.name())
                    .isEqualTo(queue.counter(counter));
        }
    }

    @Test
    void touchesNothingOnceTheHostHasLeft() {
        host.put(host.rx, bus(BUFFER), meta(60, 1));
        host.putLong(host.hostWordOffset(), LaneState.NOT_INITIALIZED.word(1));
        assertThat(link.poll()).isFalse();
        assertThat(queue.rxBurst(burst)).isZero();
        assertThat(host.ring(SubChannel.RX).get(SharedWord.LONG, RingLayout.CONSUMER_OFFSET)).isZero();
    }

    @Test
    void leavesTheLaneNotInitialized() {
        device.links().getFirst().close();
        assertThat(host.guestWord()).isEqualTo(LaneState.NOT_INITIALIZED.word(0));
    }
}
