// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.model;

import static io.vlink.tests.rings.model.RingCells.ASKED;
import static io.vlink.tests.rings.model.RingCells.KNOWN;
import static io.vlink.tests.rings.model.RingCells.OWN;
import static io.vlink.tests.rings.model.RingCells.difference;
import static io.vlink.tests.rings.model.RingCells.get;
import static io.vlink.tests.rings.model.RingCells.set;
import static io.vlink.tests.rings.model.Violation.check;

/** ConsumerRing in {@link RingModel}: a step for each access of shared memory. */
final class ConsumerSteps {
    private final RingCells cells;
    private final RingMutation mutation;
    private final Window reads;

    /**
     * Steps of an end.
     *
     * @param cells    of the ring
     * @param mutation a mistake, or none
     * @param reads    the accesses that it has begun
     */
    ConsumerSteps(RingCells cells, RingMutation mutation, Window reads) {
        this.cells = cells;
        this.mutation = mutation;
        this.reads = reads;
    }

    /** Begins to take descriptors from the ring. */
    void beginPoll(byte[] state, int limit) {
        int ready = difference(get(state, cells.consumer + KNOWN), get(state, cells.consumer + OWN));
        if (ready > 0) {
            beginReads(state, Math.min(ready, limit));
            return;
        }
        set(state, cells.consumer + ASKED, limit);
        if (mutation == RingMutation.PLAIN_POLL) {
            // Nothing holds the slots' loads back: a processor guesses that the ring is not empty, and reads on.
            reads.begin(state, Window.LOAD, RingModel.PRODUCER_CELL, 0, 0);
            beginSlotLoads(state, Window.GUESSED, limit);
        } else {
            reads.begin(state, Window.ACQUIRE, RingModel.PRODUCER_CELL, 0, 0);
        }
    }

    private void beginReads(byte[] state, int count) {
        boolean early = mutation == RingMutation.RELEASE_BEFORE_READ;
        if (early) {
            beginRelease(state, count);
        }
        beginSlotLoads(state, Window.LOAD, count);
        set(state, cells.consumer + OWN, get(state, cells.consumer + OWN) + count);
        if (!early) {
            beginRelease(state, 0);
        }
    }

    private void beginSlotLoads(byte[] state, int kind, int count) {
        int position = get(state, cells.consumer + OWN);
        for (int i = 0; i < count; i++) {
            reads.begin(state, kind, cells.slotCell(position + i), position + i, 0);
            reads.begin(state, kind, cells.slotCell(position + i) + 1, position + i, 0);
        }
    }

    private void beginRelease(byte[] state, int ahead) {
        int kind = mutation == RingMutation.PLAIN_RELEASE ? Window.STORE : Window.RELEASE;
        reads.begin(state, kind, RingModel.CONSUMER_CELL, 0, get(state, cells.consumer + OWN) + ahead);
    }

    /** Performs an access that has been begun. */
    void perform(byte[] state, int index) {
        int cell = reads.cell(state, index);
        if (reads.kind(state, index) == Window.GUESSED) {
            reads.keepGuess(state, index, get(state, cell));
            return;
        }
        int position = reads.position(state, index);
        int value = reads.value(state, index);
        reads.remove(state, index);
        if (cell == RingModel.PRODUCER_CELL) {
            foundReady(state);
        } else if (cell == RingModel.CONSUMER_CELL) {
            set(state, RingModel.CONSUMER_CELL, value);
            cells.checkInUse(state);
        } else {
            checkReceived(position, get(state, cell));
        }
    }

    private void foundReady(byte[] state) {
        int limit = get(state, cells.consumer + ASKED);
        int ready = difference(get(state, RingModel.PRODUCER_CELL), get(state, cells.consumer + OWN));
        check(ready <= cells.queueSize, "an honest producer's position is taken for impossible");
        set(state, cells.consumer + KNOWN, get(state, RingModel.PRODUCER_CELL));
        set(state, cells.consumer + ASKED, 0);
        if (mutation == RingMutation.POLL_IGNORES_POSITION) {
            ready = Math.min(limit, difference(cells.end, get(state, cells.consumer + OWN)));
        }
        if (mutation == RingMutation.POSITIONS_COMPARED
                && get(state, RingModel.PRODUCER_CELL) <= get(state, cells.consumer + OWN)) {
            set(state, cells.consumer + KNOWN, get(state, cells.consumer + OWN));
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
        int position = get(state, cells.consumer + OWN);
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
            set(state, cells.consumer + OWN, position + count);
            beginRelease(state, 0);
        }
    }

    private static void checkReceived(int position, int value) {
        check(value == position, "a descriptor is received that is not whole, or not the next: position=" + position
                + " word=" + value);
    }
}
