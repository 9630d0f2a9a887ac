// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.model;

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
 *
 * <pre>
 * 0              producer word | consumer word | address, meta of slot 0 | address, meta of slot 1 | ...
 * producer       produced | consumer position known | descriptors wanted, 0: none
 * consumer       consumed | producer position known | limit, 0: none
 * two windows
 * </pre>
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
    private static final int OWN = 0;
    private static final int KNOWN = 1;
    private static final int ASKED = 2;

    private final int queueSize;
    private final int end;
    private final int total;
    private final int burst;
    private final int burstsInFlight;
    private final RingMutation mutation;
    private final int producer;
    private final int consumer;
    private final Window writes;
    private final Window reads;
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
        this.queueSize = queueSize;
        this.total = total;
        this.end = START + total & 0xff;
        this.burst = burst;
        this.burstsInFlight = burstsInFlight;
        this.mutation = mutation;
        producer = FIRST_SLOT_CELL + 2 * queueSize;
        consumer = producer + 3;
        int capacity = 1 + burstsInFlight * (1 + 2 * burst);
        writes = new Window(consumer + 3, capacity);
        reads = new Window(consumer + 3 + Window.bytes(capacity), capacity);
        stateBytes = consumer + 3 + 2 * Window.bytes(capacity);
    }

    @Override
    public byte[] start() {
        byte[] state = new byte[stateBytes];
        Arrays.fill(state, FIRST_SLOT_CELL, producer, (byte) NEVER_WRITTEN);
        for (int at : new int[]{PRODUCER_CELL, CONSUMER_CELL, producer + OWN, producer + KNOWN, consumer + OWN,
                consumer + KNOWN}) {
            state[at] = (byte) START;
        }
        return state;
    }

    @Override
    public boolean isDone(byte[] state) {
        return get(state, producer + OWN) == end && get(state, consumer + OWN) == end && writes.count(state) == 0
                && reads.count(state) == 0;
    }

    /** {@return tells a state in which every slot is in use} */
    public Predicate<byte[]> isFull() {
        return state -> difference(get(state, PRODUCER_CELL), get(state, CONSUMER_CELL)) == queueSize;
    }

    /** {@return tells a state in which the positions have overflowed and the work is not done yet} */
    public Predicate<byte[]> hasOverflowed() {
        return state -> get(state, CONSUMER_CELL) < START && !isDone(state);
    }

    @Override
    public void steps(byte[] state, Consumer<byte[]> next) {
        if (mayBegin(state, producer, writes, PRODUCER_CELL)) {
            int left = difference(end, get(state, producer + OWN));
            for (int wanted = 1; wanted <= Math.min(burst, left); wanted++) {
                byte[] changed = state.clone();
                beginOffer(changed, wanted);
                next.accept(changed);
            }
        }
        if (mayBegin(state, consumer, reads, CONSUMER_CELL) && get(state, consumer + OWN) != end) {
            for (int limit = 1; limit <= burst; limit++) {
                byte[] changed = state.clone();
                beginPoll(changed, limit);
                next.accept(changed);
            }
        }
        performEach(state, writes, this::performWrite, next);
        performEach(state, reads, this::performRead, next);
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

    // The producer.

    private void beginOffer(byte[] state, int wanted) {
        if (knownRoom(state) >= wanted) {
            beginWrites(state, wanted);
        } else {
            set(state, producer + ASKED, wanted);
            writes.begin(state, Window.ACQUIRE, CONSUMER_CELL, 0, 0);
        }
    }

    private int knownRoom(byte[] state) {
        int room = queueSize - difference(get(state, producer + OWN), get(state, producer + KNOWN));
        return switch (mutation) {
            case ROOM_ONE_MORE -> room + 1;
            case ROOM_ONE_LESS -> room - 1;
            default -> room;
        };
    }

    private void beginWrites(byte[] state, int count) {
        int position = get(state, producer + OWN);
        set(state, producer + OWN, position + count);
        int publish = mutation == RingMutation.PLAIN_PUBLISH ? Window.STORE : Window.RELEASE;
        if (mutation == RingMutation.PUBLISH_BEFORE_WRITE) {
            writes.begin(state, publish, PRODUCER_CELL, 0, position + count);
        }
        for (int i = 0; i < count; i++) {
            writes.begin(state, Window.STORE, slotCell(position + i), position + i, position + i);
            writes.begin(state, Window.STORE, slotCell(position + i) + 1, position + i, position + i);
        }
        if (mutation != RingMutation.PUBLISH_BEFORE_WRITE) {
            int held = mutation == RingMutation.PUBLISH_HELD_BACK ? position + count & 1 : 0;
            writes.begin(state, publish, PRODUCER_CELL, 0, position + count - held);
        }
    }

    private void performWrite(byte[] state, int index) {
        int cell = writes.cell(state, index);
        int position = writes.position(state, index);
        int value = writes.value(state, index);
        writes.remove(state, index);
        if (cell == CONSUMER_CELL) {
            foundRoom(state);
            return;
        }
        if (cell >= FIRST_SLOT_CELL) {
            checkUnused(state, cell, position);
        }
        set(state, cell, value);
        checkInUse(state);
    }

    private void foundRoom(byte[] state) {
        int used = difference(get(state, producer + OWN), get(state, CONSUMER_CELL));
        check(used <= queueSize, "an honest consumer's position is taken for impossible");
        set(state, producer + KNOWN, get(state, CONSUMER_CELL));
        int count = Math.min(knownRoom(state), get(state, producer + ASKED));
        set(state, producer + ASKED, 0);
        if (count > 0) {
            beginWrites(state, count);
        }
    }

    /** What stood in the slot a turn ago must have been read: both words, really performed. */
    private void checkUnused(byte[] state, int cell, int position) {
        int before = position - queueSize & 0xff;
        if (difference(before, START) >= total) {
            return; // the first turn
        }
        check(difference(get(state, consumer + OWN), before) - 1 < total, "a slot is overwritten before it was taken");
        for (int index = 0; index < reads.count(state); index++) {
            check(reads.cell(state, index) != cell || reads.position(state, index) != before,
                    "a slot is overwritten before it was read");
        }
    }

    private void checkInUse(byte[] state) {
        check(difference(get(state, PRODUCER_CELL), get(state, CONSUMER_CELL)) <= queueSize,
                "more slots in use than there are");
    }

    // The consumer.

    private void beginPoll(byte[] state, int limit) {
        int ready = difference(get(state, consumer + KNOWN), get(state, consumer + OWN));
        if (ready > 0) {
            beginReads(state, Math.min(ready, limit));
            return;
        }
        set(state, consumer + ASKED, limit);
        if (mutation == RingMutation.PLAIN_POLL) {
            // Nothing holds the slots' loads back: a processor guesses that the ring is not empty, and reads on.
            reads.begin(state, Window.LOAD, PRODUCER_CELL, 0, 0);
            beginSlotLoads(state, Window.GUESSED, limit);
        } else {
            reads.begin(state, Window.ACQUIRE, PRODUCER_CELL, 0, 0);
        }
    }

    private void beginReads(byte[] state, int count) {
        boolean early = mutation == RingMutation.RELEASE_BEFORE_READ;
        if (early) {
            beginRelease(state, count);
        }
        beginSlotLoads(state, Window.LOAD, count);
        set(state, consumer + OWN, get(state, consumer + OWN) + count);
        if (!early) {
            beginRelease(state, 0);
        }
    }

    private void beginSlotLoads(byte[] state, int kind, int count) {
        int position = get(state, consumer + OWN);
        for (int i = 0; i < count; i++) {
            reads.begin(state, kind, slotCell(position + i), position + i, 0);
            reads.begin(state, kind, slotCell(position + i) + 1, position + i, 0);
        }
    }

    private void beginRelease(byte[] state, int ahead) {
        int kind = mutation == RingMutation.PLAIN_RELEASE ? Window.STORE : Window.RELEASE;
        reads.begin(state, kind, CONSUMER_CELL, 0, get(state, consumer + OWN) + ahead);
    }

    private void performRead(byte[] state, int index) {
        int cell = reads.cell(state, index);
        if (reads.kind(state, index) == Window.GUESSED) {
            reads.keepGuess(state, index, get(state, cell));
            return;
        }
        int position = reads.position(state, index);
        int value = reads.value(state, index);
        reads.remove(state, index);
        if (cell == PRODUCER_CELL) {
            foundReady(state);
        } else if (cell == CONSUMER_CELL) {
            set(state, CONSUMER_CELL, value);
            checkInUse(state);
        } else {
            checkReceived(position, get(state, cell));
        }
    }

    private void foundReady(byte[] state) {
        int limit = get(state, consumer + ASKED);
        int ready = difference(get(state, PRODUCER_CELL), get(state, consumer + OWN));
        check(ready <= queueSize, "an honest producer's position is taken for impossible");
        set(state, consumer + KNOWN, get(state, PRODUCER_CELL));
        set(state, consumer + ASKED, 0);
        if (mutation == RingMutation.POLL_IGNORES_POSITION) {
            ready = Math.min(limit, difference(end, get(state, consumer + OWN)));
        }
        if (mutation == RingMutation.POSITIONS_COMPARED && get(state, PRODUCER_CELL) <= get(state, consumer + OWN)) {
            set(state, consumer + KNOWN, get(state, consumer + OWN));
            ready = 0;
        }
        int count = Math.min(ready, limit);
        if (mutation == RingMutation.PLAIN_POLL) {
            settleGuesses(state, count);
        } else if (count > 0) {
            beginReads(state, count);
        }
    }

    private void settleGuesses(byte[] state, int count) {
        int position = get(state, consumer + OWN);
        for (int index = reads.count(state) - 1; index >= 0; index--) {
            int kind = reads.kind(state, index);
            if (kind != Window.GUESS && kind != Window.GUESSED) {
                continue;
            }
            if (difference(reads.position(state, index), position) >= count) {
                reads.remove(state, index);
            } else if (kind == Window.GUESS) {
                checkReceived(reads.position(state, index), reads.value(state, index));
                reads.remove(state, index);
            } else {
                reads.confirm(state, index);
            }
        }
        if (count > 0) {
            set(state, consumer + OWN, position + count);
            beginRelease(state, 0);
        }
    }

    private static void checkReceived(int position, int value) {
        check(value == position, "a descriptor is received that is not whole, or not the next: position=" + position
                + " word=" + value);
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
        beginOffer(state, wanted);
        return performAll(state, writes, this::performWrite);
    }

    /**
     * Polls, all accesses in program order.
     *
     * @param state changed
     * @param limit descriptors at most, 1 to the model's burst
     * @return the accesses
     */
    public List<Access> poll(byte[] state, int limit) {
        beginPoll(state, limit);
        return performAll(state, reads, this::performRead);
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
     * The producing end's own position.
     *
     * @param state a state
     * @return its low 8 bits
     */
    public int produced(byte[] state) {
        return get(state, producer + OWN);
    }

    /**
     * The consuming end's own position.
     *
     * @param state a state
     * @return its low 8 bits
     */
    public int consumed(byte[] state) {
        return get(state, consumer + OWN);
    }

    @Override
    public String describe(byte[] state) {
        return "producer=" + get(state, PRODUCER_CELL) + " consumer=" + get(state, CONSUMER_CELL) + " slots="
                + Arrays.toString(Arrays.copyOfRange(state, FIRST_SLOT_CELL, producer)) + " producing "
                + produced(state) + "/" + get(state, producer + KNOWN) + " " + writes.describe(state) + " consuming "
                + consumed(state) + "/" + get(state, consumer + KNOWN) + " " + reads.describe(state);
    }

    private int slotCell(int position) {
        return FIRST_SLOT_CELL + 2 * (position & queueSize - 1);
    }

    private static int difference(int later, int earlier) {
        return later - earlier & 0xff;
    }

    private static int get(byte[] state, int at) {
        return state[at] & 0xff;
    }

    private static void set(byte[] state, int at, int value) {
        state[at] = (byte) value;
    }

    private static void check(boolean holds, String invariant) {
        if (!holds) {
            throw new Violation(invariant);
        }
    }
}
