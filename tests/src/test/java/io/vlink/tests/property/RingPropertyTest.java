// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.property;

import static org.assertj.core.api.Assertions.assertThat;

import io.vlink.infra.ring.DescriptorBatch;
import io.vlink.spec.channel.RingLayout;
import io.vlink.tests.rings.RealRing;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

/** The rings against a plain queue, and against a peer that writes whatever it likes. */
class RingPropertyTest {
    private static final int MAX_BURST = 150;
    private static final int GUARD_BYTES = 256;
    private static final byte GUARD = 0x5a;

    /** A ring of any size and age, guarded on both sides, and the queue that it must be like. */
    private static final class Setup {
        private final Draw draw;
        private final int queueSize;
        private final MemorySegment memory;
        private final MemorySegment ringMemory;
        private final RealRing ring;
        private final DescriptorBatch in = new DescriptorBatch(MAX_BURST);
        private final DescriptorBatch out = new DescriptorBatch(MAX_BURST);
        private final ArrayDeque<Long> oracle = new ArrayDeque<>();
        private long sent;
        private long received;

        Setup(Draw draw, Arena arena) {
            this.draw = draw;
            queueSize = 1 << draw.between(3, 9);
            memory = arena.allocate(RingLayout.bytes(queueSize) + 2 * GUARD_BYTES, 128).fill(GUARD);
            ringMemory = memory.asSlice(GUARD_BYTES, RingLayout.bytes(queueSize)).fill((byte) 0);
            ring = new RealRing(ringMemory, queueSize);
            startAt(draw.bits());
        }

        private void startAt(long position) {
            ring.startAt(position);
            sent = position;
            received = position;
        }

        private void offer() {
            in.count = draw.between(0, MAX_BURST);
            for (int i = 0; i < in.count; i++) {
                in.set(i, sent + i, ~(sent + i));
            }
            int taken = ring.offer(in);
            assertThat(taken).isEqualTo(Math.min(in.count, queueSize - oracle.size()));
            for (int i = 0; i < taken; i++) {
                oracle.add(in.address(i));
            }
            sent += taken;
            assertThat(ring.producerPosition()).isEqualTo(sent);
            assertThat(ring.producerWord()).isEqualTo(sent);
        }

        private void poll() {
            int limit = draw.between(0, MAX_BURST);
            int count = ring.poll(out, limit);
            // It need not look for more while it still knows of some.
            assertThat(count).isBetween(Math.min(1, Math.min(limit, oracle.size())), Math.min(limit, oracle.size()));
            assertThat(out.count).isEqualTo(count);
            for (int i = 0; i < count; i++) {
                assertThat(out.address(i)).isEqualTo(oracle.remove());
                assertThat(out.meta(i)).isEqualTo(~out.address(i));
            }
            received += count;
            assertThat(ring.consumerPosition()).isEqualTo(received);
        }

        private void reset() {
            ring.reset();
            oracle.clear();
            sent = 0;
            received = 0;
            assertThat(ring.producerWord() | ring.consumerWord()).isZero();
        }

        /** Leaves the consuming end with an honest, empty ring. */
        private void takeWhatIsKnown() {
            do {
                ring.writeProducerWord(ring.consumerPosition());
            } while (ring.poll(out, MAX_BURST) > 0);
        }

        private void checkGuards() {
            for (long offset = 0; offset < GUARD_BYTES; offset += Long.BYTES) {
                assertThat(memory.get(ValueLayout.JAVA_LONG, offset)).isEqualTo(0x5a5a5a5a5a5a5a5aL);
                assertThat(memory.get(ValueLayout.JAVA_LONG, GUARD_BYTES + ringMemory.byteSize() + offset))
                        .isEqualTo(0x5a5a5a5a5a5a5a5aL);
            }
        }
    }

    private static boolean isPossible(long ahead, int queueSize) {
        return Long.compareUnsigned(ahead, queueSize) <= 0;
    }

    @Test
    void aRingIsAQueueWhateverTheBursts() {
        Property.holds(1_000, draw -> {
            try (Arena arena = Arena.ofConfined()) {
                Setup setup = new Setup(draw, arena);
                for (int step = 0; step < 200; step++) {
                    if (draw.oneIn(2)) {
                        setup.offer();
                    } else {
                        setup.poll();
                    }
                    if (draw.oneIn(100)) {
                        setup.reset();
                    }
                }
                while (!setup.oracle.isEmpty()) {
                    setup.poll();
                }
                setup.checkGuards();
            }
        });
    }

    @Test
    void noPositionOfTheProducerMakesTheConsumerTrustIt() {
        Property.holds(2_000, draw -> {
            try (Arena arena = Arena.ofConfined()) {
                Setup setup = new Setup(draw, arena);
                RealRing ring = setup.ring;
                for (int step = 0; step < 60; step++) {
                    boolean mustLook = draw.oneIn(2);
                    if (mustLook) {
                        setup.takeWhatIsKnown();
                    }
                    long word = draw.near(ring.consumerPosition(), 2 * setup.queueSize);
                    ring.writeProducerWord(word);
                    long before = ring.consumerPosition();
                    int limit = draw.between(1, MAX_BURST);
                    int count = ring.poll(setup.out, limit);
                    checkResult(count, limit, word - before, setup.queueSize, mustLook);
                    assertThat(setup.out.count).isEqualTo(Math.max(0, count));
                    assertThat(ring.consumerPosition()).isEqualTo(before + Math.max(0, count));
                }
                ring.writeProducerWord(ring.consumerPosition() + 3L * setup.queueSize);
                checkEndsInFault(setup.queueSize, () -> ring.poll(setup.out, MAX_BURST));
                setup.checkGuards();
            }
        });
    }

    @Test
    void noPositionOfTheConsumerMakesTheProducerTrustIt() {
        Property.holds(2_000, draw -> {
            try (Arena arena = Arena.ofConfined()) {
                Setup setup = new Setup(draw, arena);
                RealRing ring = setup.ring;
                for (int step = 0; step < 60; step++) {
                    long word = draw.near(ring.producerPosition(), 2 * setup.queueSize);
                    ring.writeConsumerWord(word);
                    long before = ring.producerPosition();
                    long used = before - word;
                    if (draw.oneIn(2)) {
                        // More than there can be: it must look.
                        int room = ring.room(setup.queueSize + 1);
                        assertThat(room).as("used=%d", used).isEqualTo(
                                isPossible(used, setup.queueSize) ? setup.queueSize - (int) used : RealRing.FAULT);
                    }
                    setup.in.count = draw.between(0, MAX_BURST);
                    int count = ring.offer(setup.in);
                    checkResult(count, setup.in.count, used, setup.queueSize, false);
                    assertThat(ring.producerPosition()).isEqualTo(before + Math.max(0, count));
                }
                ring.writeConsumerWord(ring.producerPosition() + 1L + setup.queueSize);
                setup.in.count = 1;
                checkEndsInFault(setup.queueSize, () -> ring.offer(setup.in));
                setup.checkGuards();
            }
        });
    }

    /** An end that must look says exactly what it sees; one that still knows of some need not look. */
    private static void checkResult(int count, int limit, long ahead, int queueSize, boolean mustLook) {
        boolean possible = isPossible(ahead, queueSize);
        if (mustLook) {
            assertThat(count).as("ahead=%d", ahead).isEqualTo(possible ? Math.min(limit, (int) ahead) : RealRing.FAULT);
        } else if (count == RealRing.FAULT) {
            assertThat(possible).as("a fault for a position that can be").isFalse();
        } else {
            assertThat(count).isBetween(0, limit);
        }
    }

    /** What it knew before may still be used; then it must look, and see. */
    private static void checkEndsInFault(int queueSize, IntSupplier burst) {
        int last = 0;
        for (int i = 0; i <= queueSize && last != RealRing.FAULT; i++) {
            last = burst.getAsInt();
        }
        assertThat(last).isEqualTo(RealRing.FAULT);
    }
}
