// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.model;

import static io.vlink.tests.rings.model.LaneCells.ACKNOWLEDGED;
import static io.vlink.tests.rings.model.LaneCells.AGREED;
import static io.vlink.tests.rings.model.LaneCells.ASKED_OWN;
import static io.vlink.tests.rings.model.LaneCells.EPOCH;
import static io.vlink.tests.rings.model.LaneCells.GUEST;
import static io.vlink.tests.rings.model.LaneCells.GUEST_POSITIONS;
import static io.vlink.tests.rings.model.LaneCells.GUEST_WORD;
import static io.vlink.tests.rings.model.LaneCells.HOST;
import static io.vlink.tests.rings.model.LaneCells.HOST_POSITIONS;
import static io.vlink.tests.rings.model.LaneCells.HOST_WORD;
import static io.vlink.tests.rings.model.LaneCells.IDLE;
import static io.vlink.tests.rings.model.LaneCells.IMPOSSIBLE;
import static io.vlink.tests.rings.model.LaneCells.INITIALIZED;
import static io.vlink.tests.rings.model.LaneCells.INITIALIZING;
import static io.vlink.tests.rings.model.LaneCells.LAST_EPOCH;
import static io.vlink.tests.rings.model.LaneCells.LEFT;
import static io.vlink.tests.rings.model.LaneCells.PHASE;
import static io.vlink.tests.rings.model.LaneCells.QUARANTINED;
import static io.vlink.tests.rings.model.LaneCells.RECORD;
import static io.vlink.tests.rings.model.LaneCells.UP;
import static io.vlink.tests.rings.model.LaneCells.checkBothUp;
import static io.vlink.tests.rings.model.LaneCells.checkHonest;
import static io.vlink.tests.rings.model.LaneCells.checkPositions;
import static io.vlink.tests.rings.model.LaneCells.code;
import static io.vlink.tests.rings.model.LaneCells.epoch;
import static io.vlink.tests.rings.model.LaneCells.word;
import static io.vlink.tests.rings.model.Violation.check;

/** HostLane in {@link LaneModel}: a step for each access of shared memory. */
final class HostLaneSteps {
    private final LaneMutation mutation;
    private final Window host;

    /**
     * Steps of a side.
     *
     * @param mutation a mistake, or none
     * @param host    the accesses that it has begun
     */
    HostLaneSteps(LaneMutation mutation, Window host) {
        this.mutation = mutation;
        this.host = host;
    }

    /** Asks for a new epoch. */
    void startEpoch(byte[] state) {
        check(state[HOST + EPOCH] < LAST_EPOCH, "epochs without end");
        state[HOST + UP] = 0;
        state[HOST + AGREED] = 0;
        state[QUARANTINED] = 0;
        state[HOST + EPOCH]++;
        state[RECORD] = state[HOST + EPOCH];
        state[LEFT] = 0;
        int kind = mutation == LaneMutation.PLAIN_START ? Window.STORE : Window.RELEASE;
        host.begin(state, kind, HOST_WORD, 0, word(state[HOST + EPOCH], INITIALIZING));
    }

    /** Performs an access that has been begun. */
    void perform(byte[] state, int index) {
        int cell = host.cell(state, index);
        int value = host.value(state, index);
        int epoch = host.position(state, index);
        int kind = host.kind(state, index);
        host.remove(state, index);
        checkHonest(state, epoch == 0 || state[GUEST + ACKNOWLEDGED] == 0 || state[GUEST + EPOCH] == epoch,
                "the host uses the rings in an epoch that the guest has left");
        if (cell == GUEST_WORD) {
            state[HOST + PHASE] = IDLE;
            foundGuest(state, state[GUEST_WORD] & 0xff);
        } else if (cell == HOST_WORD && kind == Window.ACQUIRE) {
            state[HOST + PHASE] = IDLE;
            if (isSpoilt(state)) {
                startEpoch(state);
            }
        } else if (kind == Window.EXCHANGE) {
            state[HOST + PHASE] = IDLE;
            exchange(state);
        } else if (cell == GUEST_POSITIONS) {
            foundPositions(state, state[GUEST_POSITIONS], epoch);
        } else {
            checkHonest(state, cell != HOST_POSITIONS || value != 0 || state[GUEST + UP] == 0,
                    "the host zeroes its positions while the guest uses the rings");
            state[cell] = (byte) value;
        }
    }

    private static void foundPositions(byte[] state, int found, int epoch) {
        checkPositions(state, found, epoch);
        if (found == IMPOSSIBLE && state[HOST + UP] == 1 && state[HOST + EPOCH] == epoch) {
            state[QUARANTINED] = 1;
        }
    }

    private void foundGuest(byte[] state, int found) {
        boolean agrees = code(found) == INITIALIZED
                && (epoch(found) == state[HOST + EPOCH] || mutation == LaneMutation.ACKNOWLEDGEMENT_OF_ANY_EPOCH);
        if (state[HOST + UP] == 0) {
            if (agrees) {
                complete(state, found);
            }
        } else if (found == agreed(state)) {
            if (mutation != LaneMutation.HOST_IGNORES_ITS_OWN_WORD) {
                askOwn(state, Window.ACQUIRE);
            }
        } else if (mutation != LaneMutation.HOST_IGNORES_DEPARTURE) {
            startEpoch(state);
        }
    }

    private static int agreed(byte[] state) {
        return state[HOST + AGREED] & 0xff;
    }

    private void askOwn(byte[] state, int kind) {
        state[HOST + PHASE] = ASKED_OWN;
        host.begin(state, kind, HOST_WORD, 0, 0);
    }

    /** Says the word again: a host that is up only where it is still its own, or the agent's. */
    void repeat(byte[] state) {
        if (state[HOST + UP] == 1) {
            askOwn(state, Window.EXCHANGE);
        } else {
            state[LEFT] = 0;
            host.begin(state, Window.RELEASE, HOST_WORD, 0, word(state[HOST + EPOCH], INITIALIZING));
        }
    }

    private void exchange(byte[] state) {
        if (isSpoilt(state)) {
            startEpoch(state);
        } else {
            state[LEFT] = 0;
            state[HOST_WORD] = state[HOST + AGREED];
        }
    }

    private static boolean isSpoilt(byte[] state) {
        int found = state[HOST_WORD] & 0xff;
        boolean saidByAgent = state[LEFT] == 1 && found == word(state[HOST + EPOCH], 0);
        return found != agreed(state) && !saidByAgent;
    }

    private void complete(byte[] state, int agreement) {
        state[HOST + UP] = 1;
        state[HOST + AGREED] = (byte) agreement;
        state[LEFT] = 0;
        checkBothUp(state);
        int kind = mutation == LaneMutation.PLAIN_COMPLETE ? Window.STORE : Window.RELEASE;
        if (mutation == LaneMutation.COMPLETE_BEFORE_ZERO) {
            host.begin(state, kind, HOST_WORD, 0, agreement);
        }
        host.begin(state, Window.STORE, HOST_POSITIONS, 0, 0);
        if (mutation != LaneMutation.COMPLETE_BEFORE_ZERO) {
            host.begin(state, kind, HOST_WORD, 0, agreement);
        }
    }
}
