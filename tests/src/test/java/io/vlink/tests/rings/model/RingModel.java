// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.model;

import static io.vlink.tests.rings.model.RingCells.ASKED;
import static io.vlink.tests.rings.model.RingCells.KNOWN;
import static io.vlink.tests.rings.model.RingCells.OWN;
import static io.vlink.tests.rings.model.RingCells.difference;
import static io.vlink.tests.rings.model.RingCells.get;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * ProducerRing and ConsumerRing as steps of one shared-memory access each, over a memory that reorders (see {@link Window}). Each
 * side may begin bursts of every size while accesses of the burst before are not performed yet.
 *
 * <p>Positions have 8 bits instead of 64 and begin just below 256: they overflow on the way, as the real ones would. A slot's two
 * words hold the position that they were written for, so that a reader knows a foreign one.
 */
public final class RingModel implements Model {
    /** Cell of the producer position. */
    public static final int PRODUCER_CELL = 0;
    /** Cell of the consumer position. */
    public static final int CONSUMER_CELL = 1;
    /** Cell of the first descriptor's address; its meta word follows, then the next descriptor. */
    public static final int FIRST_SLOT_CELL = 2;
    /** The first position. */
    public static final int START = 0xfc;

    private static final int NEVER_WRITTEN = START + 0x80 & 0xff;

    private final RingCells cells;
    private final int burst;
    private final int burstsInFlight;
    private final Window writes;
    private final Window reads;
    private final ProducerSteps producer;
    private final ConsumerSteps consumer;
    private final int stateBytes;

    /**
     * A ring to check.
     *
     * @param queueSize      slots, a power of two up to 8
     * @param total          descriptors to pass, less than 100
     * @param burst          descriptors that a side asks for at once, from 1 to this
     * @param burstsInFlight bursts of a side whose accesses may be under way at once
     * @param mutation       a mistake, or none
     */
    public RingModel(int queueSize, int total, int burst, int burstsInFlight, RingMutation mutation) {
        this.burst = burst;
        this.burstsInFlight = burstsInFlight;
        cells = new RingCells(queueSize, total);
        int capacity = 1 + burstsInFlight * (1 + 2 * burst);
        writes = new Window(cells.windows, capacity);
        reads = new Window(cells.windows + Window.bytes(capacity), capacity);
        producer = new ProducerSteps(cells, mutation, writes, reads);
        consumer = new ConsumerSteps(cells, mutation, reads);
        stateBytes = cells.windows + 2 * Window.bytes(capacity);
    }

    @Override
    public byte[] start() {
        byte[] state = new byte[stateBytes];
        Arrays.fill(state, FIRST_SLOT_CELL, cells.producer, (byte) NEVER_WRITTEN);
        for (int at : new int[]{PRODUCER_CELL, CONSUMER_CELL, cells.producer + OWN, cells.producer + KNOWN,
                cells.consumer + OWN,
                cells.consumer + KNOWN}) {
            state[at] = (byte) START;
        }
        return state;
    }

    @Override
    public boolean isDone(byte[] state) {
        return get(state, cells.producer + OWN) == cells.end && get(state, cells.consumer + OWN) == cells.end
                && writes.count(state) == 0
                && reads.count(state) == 0;
    }

    /** {@return tells a state in which every slot is in use} */
    public Predicate<byte[]> isFull() {
        return state -> difference(get(state, PRODUCER_CELL), get(state, CONSUMER_CELL)) == cells.queueSize;
    }

    /** {@return tells a state in which the positions have overflowed and the work is not done yet} */
    public Predicate<byte[]> hasOverflowed() {
        return state -> get(state, CONSUMER_CELL) < START && !isDone(state);
    }

    @Override
    public void steps(byte[] state, Consumer<byte[]> next) {
        if (mayBegin(state, cells.producer, writes, PRODUCER_CELL)) {
            int left = difference(cells.end, get(state, cells.producer + OWN));
            for (int wanted = 1; wanted <= Math.min(burst, left); wanted++) {
                byte[] changed = state.clone();
                producer.beginOffer(changed, wanted);
                next.accept(changed);
            }
        }
        if (mayBegin(state, cells.consumer, reads, CONSUMER_CELL) && get(state, cells.consumer + OWN) != cells.end) {
            for (int limit = 1; limit <= burst; limit++) {
                byte[] changed = state.clone();
                consumer.beginPoll(changed, limit);
                next.accept(changed);
            }
        }
        performEach(state, writes, producer::perform, next);
        performEach(state, reads, consumer::perform, next);
    }

    /** A burst begins when its side knows what it would know then: the position it asked for last has been read. */
    private boolean mayBegin(byte[] state, int side, Window window, int ownCell) {
        return get(state, side + ASKED) == 0 && window.countOf(state, ownCell) < burstsInFlight
                && window.room(state) > 2 * burst + 1;
    }

    private interface Performer {
        void perform(byte[] state, int index);
    }

    private static void performEach(byte[] state, Window window, Performer performer, Consumer<byte[]> next) {
        for (int index = 0; index < window.count(state); index++) {
            if (window.mayPerform(state, index)) {
                byte[] changed = state.clone();
                performer.perform(changed, index);
                next.accept(changed);
            }
        }
    }

    // One side alone, without another in between: what a burst does when it is not disturbed.

    /**
     * Offers descriptors, all accesses in program order.
     *
     * @param state  changed
     * @param wanted descriptors, 1 to the model's burst
     * @return the accesses
     */
    public List<Access> offer(byte[] state, int wanted) {
        producer.beginOffer(state, wanted);
        return performAll(state, writes, producer::perform);
    }

    /**
     * Polls, all accesses in program order.
     *
     * @param state changed
     * @param limit descriptors at most, 1 to the model's burst
     * @return the accesses
     */
    public List<Access> poll(byte[] state, int limit) {
        consumer.beginPoll(state, limit);
        return performAll(state, reads, consumer::perform);
    }

    /**
     * The cell of a descriptor's meta word.
     *
     * @param position the descriptor's position
     * @return its cell
     */
    public int metaCell(int position) {
        return cells.slotCell(position) + 1;
    }

    private static List<Access> performAll(byte[] state, Window window, Performer performer) {
        List<Access> accesses = new ArrayList<>();
        while (window.count(state) > 0) {
            accesses.add(window.access(state, 0));
            performer.perform(state, 0);
        }
        return accesses;
    }

    /**
     * The producing cells.end's own position.
     *
     * @param state a state
     * @return its low 8 bits
     */
    public int produced(byte[] state) {
        return get(state, cells.producer + OWN);
    }

    /**
     * The consuming cells.end's own position.
     *
     * @param state a state
     * @return its low 8 bits
     */
    public int consumed(byte[] state) {
        return get(state, cells.consumer + OWN);
    }

    @Override
    public String describe(byte[] state) {
        return "producer=" + get(state, PRODUCER_CELL) + " consumer=" + get(state, CONSUMER_CELL) + " slots="
                + Arrays.toString(Arrays.copyOfRange(state, FIRST_SLOT_CELL, cells.producer)) + " producing "
                + produced(state) + "/" + get(state, cells.producer + KNOWN) + " " + writes.describe(state)
                + " consuming "
                + consumed(state) + "/" + get(state, cells.consumer + KNOWN) + " " + reads.describe(state);
    }
}
