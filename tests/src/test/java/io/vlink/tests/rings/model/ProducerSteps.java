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

/** ProducerRing in {@link RingModel}: a step for each access of shared memory. */
final class ProducerSteps {
    private final RingCells cells;
    private final RingMutation mutation;
    private final Window writes;
    private final Window reads;

    /**
     * Steps of an end.
     *
     * @param cells    of the ring
     * @param mutation a mistake, or none
     * @param writes   the accesses that it has begun
     * @param reads    those of the other end
     */
    ProducerSteps(RingCells cells, RingMutation mutation, Window writes, Window reads) {
        this.cells = cells;
        this.mutation = mutation;
        this.writes = writes;
        this.reads = reads;
    }

    /** Begins to put descriptors on the ring. */
    void beginOffer(byte[] state, int wanted) {
        if (knownRoom(state) >= wanted) {
            beginWrites(state, wanted);
        } else {
            set(state, cells.producer + ASKED, wanted);
            writes.begin(state, Window.ACQUIRE, RingModel.CONSUMER_CELL, 0, 0);
        }
    }

    private int knownRoom(byte[] state) {
        int room = cells.queueSize - difference(get(state, cells.producer + OWN), get(state, cells.producer + KNOWN));
        return switch (mutation) {
            case ROOM_ONE_MORE -> room + 1;
            case ROOM_ONE_LESS -> room - 1;
            default -> room;
        };
    }

    private void beginWrites(byte[] state, int count) {
        int position = get(state, cells.producer + OWN);
        set(state, cells.producer + OWN, position + count);
        int publish = mutation == RingMutation.PLAIN_PUBLISH ? Window.STORE : Window.RELEASE;
        if (mutation == RingMutation.PUBLISH_BEFORE_WRITE) {
            writes.begin(state, publish, RingModel.PRODUCER_CELL, 0, position + count);
        }
        for (int i = 0; i < count; i++) {
            writes.begin(state, Window.STORE, cells.slotCell(position + i), position + i, position + i);
            writes.begin(state, Window.STORE, cells.slotCell(position + i) + 1, position + i, position + i);
        }
        if (mutation != RingMutation.PUBLISH_BEFORE_WRITE) {
            int held = mutation == RingMutation.PUBLISH_HELD_BACK ? position + count & 1 : 0;
            writes.begin(state, publish, RingModel.PRODUCER_CELL, 0, position + count - held);
        }
    }

    /** Performs an access that has been begun. */
    void perform(byte[] state, int index) {
        int cell = writes.cell(state, index);
        int position = writes.position(state, index);
        int value = writes.value(state, index);
        writes.remove(state, index);
        if (cell == RingModel.CONSUMER_CELL) {
            foundRoom(state);
            return;
        }
        if (cell >= RingModel.FIRST_SLOT_CELL) {
            checkUnused(state, cell, position);
        }
        set(state, cell, value);
        cells.checkInUse(state);
    }

    private void foundRoom(byte[] state) {
        int used = difference(get(state, cells.producer + OWN), get(state, RingModel.CONSUMER_CELL));
        check(used <= cells.queueSize, "an honest consumer's position is taken for impossible");
        set(state, cells.producer + KNOWN, get(state, RingModel.CONSUMER_CELL));
        int count = Math.min(knownRoom(state), get(state, cells.producer + ASKED));
        set(state, cells.producer + ASKED, 0);
        if (count > 0) {
            beginWrites(state, count);
        }
    }

    /** What stood in the slot a turn ago must have been read: both words, really performed. */
    private void checkUnused(byte[] state, int cell, int position) {
        int before = position - cells.queueSize & 0xff;
        if (difference(before, RingModel.START) >= cells.total) {
            return; // the first turn
        }
        check(difference(get(state, cells.consumer + OWN), before) - 1 < cells.total,
                "a slot is overwritten before it was taken");
        for (int index = 0; index < reads.count(state); index++) {
            check(reads.cell(state, index) != cell || reads.position(state, index) != before,
                    "a slot is overwritten before it was read");
        }
    }
}
