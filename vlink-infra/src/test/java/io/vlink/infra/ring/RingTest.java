// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.infra.os.Prefetch;
import io.vlink.infra.translation.AddressTranslation;
import io.vlink.spec.channel.Descriptor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Both ends of a ring over one piece of memory, with the peer's words written by hand where it misbehaves. */
class RingTest {
    private static final int QUEUE_SIZE = 8;
    // From SPEC.md section 8, on purpose not from the constants.
    private static final long PRODUCER_WORD = 0x000;
    private static final long CONSUMER_WORD = 0x080;
    private static final AddressTranslation OFFSETS = new AddressTranslation(new long[]{0}, 21);

    private final MemorySegment memory = Arena.ofAuto().allocate(0x100 + QUEUE_SIZE * 16L, 128);
    private final ProducerRing producer = new ProducerRing(memory, QUEUE_SIZE);
    private final ConsumerRing consumer = new ConsumerRing(memory, QUEUE_SIZE);
    private final DescriptorBatch in = new DescriptorBatch(32);
    private final UncheckedDescriptors out = new UncheckedDescriptors(32);

    private void fill(int count, long first) {
        for (int i = 0; i < count; i++) {
            in.set(i, first + i, Descriptor.meta((int) (first + i), 1, (int) (first + i)));
        }
        in.count = count;
    }

    @Test
    void aConsumerCannotWriteADescriptor() {
        assertThatThrownBy(() -> consumer.slots().write(0, 1, 2)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("read-only");
        assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
    }

    @ParameterizedTest
    @CsvSource({"0,0,0", "0,1,1", "0,4,1", "0,5,2", "3,1,1", "3,2,2", "3,8,3", "2,2,1", "4,64,16", "5,64,17"})
    void aPrefetchCoversEveryLineThatSlotsStandIn(int slot, int count, int lines) {
        assertThat(RingSlots.lines(slot, count)).isEqualTo(lines);
    }

    private static void awaitPrefetch() {
        Prefetch.makeReady();
        if ("amd64".equals(System.getProperty("os.arch")) && System.getProperty(Prefetch.PROPERTY) == null) {
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(Prefetch::isReady);
        }
    }

    @Test
    void descriptorsComeWholeAndInOrderWhereTheNextBurstIsAskedForAlsoOverTheRingsEnd() {
        awaitPrefetch();
        int size = 64;
        MemorySegment larger = Arena.ofAuto().allocate(0x100 + size * 16L, 128);
        ProducerRing from = new ProducerRing(larger, size);
        ConsumerRing to = new ConsumerRing(larger, size);
        long sent = 0;
        long taken = 0;
        for (int round = 0; round < 3_000; round++) {
            fill(11, sent);
            while (from.room(11) >= 11) {
                sent += from.offer(in);
                fill(11, sent);
            }
            for (int i = 0; i < 3; i++) {
                int count = to.poll(out, 13);
                for (int j = 0; j < count; j++) {
                    assertThat(out.address(j)).isEqualTo(taken++);
                }
            }
        }
        assertThat(taken).isGreaterThan(3_000);
    }

    @Test
    void aPrefetchTakesNothingAndMovesNoPosition() {
        awaitPrefetch();
        for (int round = 0; round < 3_000; round++) {
            consumer.prefetch();
            fill(1 + round % QUEUE_SIZE, round);
            assertThat(producer.offer(in)).isEqualTo(in.count);
            byte[] before = memory.toArray(ValueLayout.JAVA_BYTE);
            consumer.prefetch();
            assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(before);
            assertThat(consumer.poll(out, 32)).isEqualTo(in.count);
            assertThat(out.address(in.count - 1)).isEqualTo(round + in.count - 1);
        }
    }

    @Nested
    class BadPeer {
        @Test
        void aProducerPositionPastTheRingIsAFault() {
            memory.set(ValueLayout.JAVA_LONG, PRODUCER_WORD, QUEUE_SIZE + 1L);
            assertThat(consumer.poll(out, 32)).isEqualTo(ConsumerRing.FAULT);
            assertThat(out.count()).isZero();
        }

        @Test
        void aProducerPositionThatWentBackwardsIsAFault() {
            fill(4, 0);
            producer.offer(in);
            assertThat(consumer.poll(out, 32)).isEqualTo(4);
            memory.set(ValueLayout.JAVA_LONG, PRODUCER_WORD, 3L);
            assertThat(consumer.poll(out, 32)).isEqualTo(ConsumerRing.FAULT);
        }

        @Test
        void aConsumerPositionPastTheProducerIsAFault() {
            fill(QUEUE_SIZE, 0);
            producer.offer(in);
            memory.set(ValueLayout.JAVA_LONG, CONSUMER_WORD, QUEUE_SIZE + 1L);
            assertThat(producer.offer(in)).isEqualTo(ProducerRing.FAULT);
        }

        @Test
        void aConsumerPositionThatWentBackwardsIsAFault() {
            fill(QUEUE_SIZE, 0);
            producer.offer(in);
            consumer.poll(out, 32);
            producer.offer(in);
            memory.set(ValueLayout.JAVA_LONG, CONSUMER_WORD, -1L);
            assertThat(producer.offer(in)).isEqualTo(ProducerRing.FAULT);
        }

        @Test
        void whatThePeerWritesOverThisSidesOwnPositionIsNeverReadBack() {
            fill(4, 0);
            producer.offer(in);
            memory.set(ValueLayout.JAVA_LONG, CONSUMER_WORD, 77L);
            assertThat(consumer.poll(out, 2)).isEqualTo(2);
            assertThat(memory.get(ValueLayout.JAVA_LONG, CONSUMER_WORD)).isEqualTo(2L);
        }

        @Test
        void aSegmentOfAnotherSizeIsRejected() {
            assertThatThrownBy(() -> new ConsumerRing(memory, 16)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("queue_size=16");
            assertThatThrownBy(() -> new ProducerRing(memory, 9)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("power of two");
        }
    }

    @Nested
    class Flow {
        @Test
        void anEmptyRingGivesNothing() {
            assertThat(consumer.poll(out, 32)).isZero();
        }

        @Test
        void aFullRingTakesOnlyWhatFits() {
            fill(QUEUE_SIZE + 3, 0);
            assertThat(producer.offer(in)).isEqualTo(QUEUE_SIZE);
            assertThat(producer.offer(in)).isZero();
            assertThat(consumer.poll(out, 3)).isEqualTo(3);
            assertThat(producer.offer(in)).isEqualTo(3);
        }

        @Test
        void descriptorsKeepTheirOrderAndBitsAcrossManyWraps() {
            long sent = 0;
            long received = 0;
            for (int round = 0; round < 1_000; round++) {
                fill(1 + round % 11, sent);
                sent += producer.offer(in);
                int count = consumer.poll(out, 1 + round % 7);
                for (int i = 0; i < count; i++) {
                    assertThat(out.address(i)).isEqualTo(received);
                    assertThat(Descriptor.length(out.meta(i))).isEqualTo((int) received);
                    assertThat(Descriptor.flags(out.meta(i))).isEqualTo(1);
                    assertThat(Descriptor.generation(out.meta(i))).isEqualTo((int) (received & 0xffff));
                    received++;
                }
            }
            assertThat(sent).isGreaterThan(3_000);
            assertThat(received).isBetween(sent - QUEUE_SIZE, sent);
        }

        @Test
        void burstsKeepOrderAndBitsToo() {
            PacketBurst to = new PacketBurst(11);
            PacketBurst from = new PacketBurst(16);
            long sent = 0;
            long received = 0;
            for (int round = 0; round < 1_000; round++) {
                for (int i = 0; i < to.capacity(); i++) {
                    to.set(i, sent + i, -sent - i);
                }
                sent += producer.offer(to, 1 + round % 11, OFFSETS, in);
                from.count = round % 9;
                int count = consumer.peek(from.unchecked(), 1 + round % 7);
                assertThat(from.count).as("what is copied is not yet a packet").isEqualTo(round % 9);
                for (int i = 0; i < count; i++) {
                    assertThat(from.unchecked().address(i)).isEqualTo(received);
                    assertThat(from.unchecked().meta(i)).isEqualTo(-received);
                    received++;
                }
                assertThat(consumer.position()).isEqualTo(received - count);
                consumer.release(count);
            }
            assertThat(sent).isGreaterThan(3_000);
            assertThat(received).isBetween(sent - QUEUE_SIZE, sent);
        }

        @Test
        void neverCopiesMoreThanABurstHasRoomFor() {
            fill(5, 0);
            producer.offer(in);
            PacketBurst burst = new PacketBurst(3);
            burst.count = 2;
            assertThat(consumer.peek(burst.unchecked(), 32)).isEqualTo(1);
            burst.count = 3;
            assertThat(consumer.peek(burst.unchecked(), 32)).isZero();
        }

        @Test
        void aResetRingStartsAgainAtPositionZero() {
            fill(5, 9);
            assertThat(producer.offer(in)).isEqualTo(5);
            assertThat(consumer.poll(out, 3)).isEqualTo(3);
            producer.reset();
            consumer.reset();
            assertThat(consumer.poll(out, 32)).isZero();
            fill(2, 40);
            assertThat(producer.offer(in)).isEqualTo(2);
            assertThat(consumer.poll(out, 32)).isEqualTo(2);
            assertThat(out.address(0)).isEqualTo(40);
            assertThat(consumer.position()).isEqualTo(2);
        }

        @Test
        void twoThreadsPassAMillionDescriptorsInOrder() throws InterruptedException {
            int total = 1_000_000;
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread sender = Thread.ofPlatform().start(() -> {
                DescriptorBatch batch = new DescriptorBatch(4);
                long next = 0;
                while (next < total && failure.get() == null) {
                    batch.count = (int) Math.min(4, total - next);
                    for (int i = 0; i < batch.count; i++) {
                        batch.set(i, next + i, ~(next + i));
                    }
                    int taken = producer.offer(batch);
                    next += taken;
                    if (taken == 0) {
                        Thread.onSpinWait();
                    }
                }
            });
            long expected = 0;
            try {
                while (expected < total) {
                    int count = consumer.poll(out, 32);
                    for (int i = 0; i < count; i++) {
                        if (out.address(i) != expected || out.meta(i) != ~expected) {
                            throw new AssertionError("expected=" + expected + " address=" + out.address(i) + " meta="
                                    + out.meta(i));
                        }
                        expected++;
                    }
                    if (count == 0) {
                        Thread.onSpinWait();
                    }
                }
            } catch (AssertionError e) {
                failure.set(e);
                throw e;
            } finally {
                sender.join();
            }
            assertThat(consumer.poll(out, 32)).isZero();
        }
    }
}
