// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings;

import io.vlink.infra.ring.ConsumerRing;
import io.vlink.infra.ring.DescriptorBatch;
import io.vlink.infra.ring.ProducerRing;
import io.vlink.infra.ring.RawConsumer;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Field;

/**
 * The rings under test, both ends over one segment. The only class of the proofs that knows how the rings are called: a change
 * of their methods or private positions is followed here.
 */
public final class RealRing implements RingEnds {
    /** What the ends return for a position of the peer that cannot be. */
    public static final int FAULT = -1;
    /** The smallest queue that the specification allows. */
    public static final int MIN_QUEUE_SIZE = 8;

    private static final Field[] PRIVATE_POSITIONS = {field(ProducerRing.class, "produced"),
            field(ProducerRing.class, "consumed"), field(ConsumerRing.class, "produced"),
            field(ConsumerRing.class, "consumed")};

    private final MemorySegment memory;
    private final ProducerRing producer;
    private final ConsumerRing consumer;
    private final RawConsumer shown;

    /**
     * Both ends over one segment.
     *
     * @param memory    a ring's bytes, zero
     * @param queueSize descriptors
     */
    public RealRing(MemorySegment memory, int queueSize) {
        this.memory = memory;
        producer = new ProducerRing(memory, queueSize);
        shown = new RawConsumer(memory, queueSize);
        consumer = shown.ring();
    }

    private static Field field(Class<?> type, String name) {
        try {
            Field field = type.getDeclaredField(name);
            field.setAccessible(true);
            return field;
        } catch (NoSuchFieldException e) {
            throw new AssertionError("a ring's private position has another name: follow it here: " + e.getMessage(),
                    e);
        }
    }

    /**
     * Makes an empty ring as old as one that has passed this many descriptors: nobody waits for 2^32 of them.
     *
     * @param position the next position of both ends, any 64 bits
     */
    public void startAt(long position) {
        try {
            for (Field field : PRIVATE_POSITIONS) {
                field.setLong(field.getDeclaringClass() == ProducerRing.class ? producer : consumer, position);
            }
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
        writeProducerWord(position);
        writeConsumerWord(position);
    }

    @Override
    public int offer(DescriptorBatch from) {
        return producer.offer(from);
    }

    @Override
    public int poll(DescriptorBatch into, int limit) {
        return shown.poll(into, limit);
    }

    @Override
    public int room(int wanted) {
        return producer.room(wanted);
    }

    /** Starts a new epoch at both ends. */
    public void reset() {
        producer.reset();
        consumer.reset();
    }

    /** {@return the producing end's own position} */
    public long producerPosition() {
        return producer.position();
    }

    /** {@return the consuming end's own position} */
    public long consumerPosition() {
        return consumer.position();
    }

    /** {@return the producer position in shared memory} */
    public long producerWord() {
        return memory.get(SharedWord.LONG, RingLayout.PRODUCER_OFFSET);
    }

    /** {@return the consumer position in shared memory} */
    public long consumerWord() {
        return memory.get(SharedWord.LONG, RingLayout.CONSUMER_OFFSET);
    }

    /**
     * What a peer can do at any time: writes the producer position in shared memory.
     *
     * @param position any 64 bits
     */
    public void writeProducerWord(long position) {
        SharedWord.LONG_HANDLE.setRelease(memory, RingLayout.PRODUCER_OFFSET, position);
    }

    /**
     * What a peer can do at any time: writes the consumer position in shared memory.
     *
     * @param position any 64 bits
     */
    public void writeConsumerWord(long position) {
        SharedWord.LONG_HANDLE.setRelease(memory, RingLayout.CONSUMER_OFFSET, position);
    }
}
