// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.model;

import static io.vlink.tests.rings.model.Violation.check;

/**
 * Where the bytes of a state of {@link LaneModel} are, what both sides do alike, and what must always hold.
 *
 * <pre>
 * 0         host word | guest word | host's positions | guest's positions | recorded epoch | events left
 *           the record says that the host has left | a guest has lied with a lane word | epoch that a guest has been up in
 *           epoch in which a guest has begun again since | nonce that is drawn next | the host has put the rings in quarantine
 *           how often a guest has lied
 * host      epoch | up | phase | agreement that its epoch runs by
 * guest     epoch | up | phase | acknowledged | its agreement | it has lied
 * two windows
 * </pre>
 */
final class LaneCells {
    static final int HOST_WORD = 0;
    static final int GUEST_WORD = 1;
    static final int HOST_POSITIONS = 2;
    static final int GUEST_POSITIONS = 3;
    static final int RECORD = 4;
    static final int EVENTS = 5;
    static final int LEFT = 6;
    static final int SPOILT = 7;
    static final int GUEST_RAN = 8;
    static final int GUEST_AGAIN = 9;
    static final int NONCE = 10;
    static final int QUARANTINED = 11;
    static final int LIED = 12;
    static final int HOST = 13;
    static final int GUEST = 17;
    static final int WINDOWS = 23;
    static final int EPOCH = 0;
    static final int UP = 1;
    static final int PHASE = 2;
    /** Of the host. */
    static final int AGREED = 3;
    /** Of the guest. */
    static final int ACKNOWLEDGED = 3;
    static final int AGREEMENT = 4;
    static final int LIES = 5;

    static final int IDLE = 0;
    static final int ASKED = 1;
    static final int ASKED_OWN = 2;
    static final int GONE = 3;

    static final int INITIALIZING = 1;
    static final int INITIALIZED = 2;
    static final int LAST_EPOCH = 14;
    /** Nonces that guests draw, one after the other: the first and the fourth to die in an epoch have the same. */
    static final int NONCES = 3;
    /** What somebody writes who does not know it. */
    static final int OTHER_NONCE = NONCES;
    /** Positions that cannot be. */
    static final int IMPOSSIBLE = 100;
    static final int CAPACITY = 6;

    private LaneCells() {
    }

    /** A lane word with 8 bits. */
    static int word(int epoch, int nonce, int code) {
        return epoch << 4 | nonce << 2 | code;
    }

    static int word(int epoch, int code) {
        return word(epoch, 0, code);
    }

    static int epoch(int word) {
        return word >> 4;
    }

    static int code(int word) {
        return word & 3;
    }

    /** Takes the first step of a look at the other side's word. */
    static void ask(byte[] state, Window window, int side, int cell) {
        state[side + PHASE] = ASKED;
        window.begin(state, Window.ACQUIRE, cell, 0, 0);
    }

    /** Begins to use the rings: reads the other side's positions, writes its own. */
    static void touch(byte[] state, Window window, int epoch, int own, int other) {
        window.begin(state, Window.LOAD, other, epoch, 0);
        window.begin(state, Window.STORE, own, epoch, epoch);
    }

    /** What a killed program had begun and not performed never happens. */
    static void forget(byte[] state, Window window) {
        while (window.count(state) > 0) {
            window.remove(state, window.count(state) - 1);
        }
    }

    /** A side is gone, and so is all it knew. */
    static void end(byte[] state, int side) {
        state[side + PHASE] = GONE;
        state[side + UP] = 0;
        state[side + EPOCH] = 0;
        if (side == GUEST) {
            state[GUEST + ACKNOWLEDGED] = 0;
            state[GUEST + AGREEMENT] = 0;
        } else {
            state[HOST + AGREED] = 0;
            state[QUARANTINED] = 0;
        }
    }

    /**
     * What holds unless a guest has lied with a lane word, as that may lead both sides anywhere for a while, or lies now: then
     * only that the link can come up again, and in order.
     */
    static void checkHonest(byte[] state, boolean holds, String what) {
        check(state[SPOILT] > 0 || state[GUEST + LIES] > 0 || holds, what);
    }

    static void checkPositions(byte[] state, int found, int epoch) {
        checkHonest(state, found == 0 || found == epoch || found == IMPOSSIBLE,
                "a side reads positions of another epoch: found=" + found + " epoch=" + epoch);
    }

    static void checkBothUp(byte[] state) {
        checkHonest(state, state[HOST + UP] + state[GUEST + UP] < 2 || state[HOST + EPOCH] == state[GUEST + EPOCH],
                "both sides are up in different epochs");
        check(state[HOST + UP] + state[GUEST + UP] < 2 || state[HOST + EPOCH] != state[GUEST + EPOCH]
                || state[HOST + AGREED] == state[GUEST + AGREEMENT],
                "a guest is up in an epoch that another agreed to");
    }
}
