// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.model;

import static io.vlink.tests.rings.model.Violation.check;

/**
 * Where the bytes of a state of {@link RingModel} are, and what must always hold of them.
 *
 * <pre>
 * 0              producer word | consumer word | address, meta of slot 0 | address, meta of slot 1 | ...
 * producer       produced | consumer position known | descriptors wanted, 0: none
 * consumer       consumed | producer position known | limit, 0: none
 * two windows
 * </pre>
 */
final class RingCells {
    static final int OWN = 0;
    static final int KNOWN = 1;
    static final int ASKED = 2;

    final int queueSize;
    final int total;
    final int end;
    final int producer;
    final int consumer;
    /** Where the first window is. */
    final int windows;

    /**
     * The cells of a ring.
     *
     * @param queueSize slots, a power of two up to 8
     * @param total     descriptors to pass, less than 100
     */
    RingCells(int queueSize, int total) {
        this.queueSize = queueSize;
        this.total = total;
        end = RingModel.START + total & 0xff;
        producer = RingModel.FIRST_SLOT_CELL + 2 * queueSize;
        consumer = producer + 3;
        windows = consumer + 3;
    }

    /** No more slots are in use than there are. */
    void checkInUse(byte[] state) {
        check(difference(get(state, RingModel.PRODUCER_CELL), get(state, RingModel.CONSUMER_CELL)) <= queueSize,
                "more slots in use than there are");
    }

    /** The cell of a descriptor's address. */
    int slotCell(int position) {
        return RingModel.FIRST_SLOT_CELL + 2 * (position & queueSize - 1);
    }

    /** How far one position is behind another. */
    static int difference(int later, int earlier) {
        return later - earlier & 0xff;
    }

    static int get(byte[] state, int at) {
        return state[at] & 0xff;
    }

    static void set(byte[] state, int at, int value) {
        state[at] = (byte) value;
    }
}
