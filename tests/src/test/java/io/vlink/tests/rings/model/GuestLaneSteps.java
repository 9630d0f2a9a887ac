// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.model;

import static io.vlink.tests.rings.model.LaneCells.ACKNOWLEDGED;
import static io.vlink.tests.rings.model.LaneCells.AGREEMENT;
import static io.vlink.tests.rings.model.LaneCells.ASKED_OWN;
import static io.vlink.tests.rings.model.LaneCells.EPOCH;
import static io.vlink.tests.rings.model.LaneCells.GUEST;
import static io.vlink.tests.rings.model.LaneCells.GUEST_AGAIN;
import static io.vlink.tests.rings.model.LaneCells.GUEST_POSITIONS;
import static io.vlink.tests.rings.model.LaneCells.GUEST_RAN;
import static io.vlink.tests.rings.model.LaneCells.GUEST_WORD;
import static io.vlink.tests.rings.model.LaneCells.HOST;
import static io.vlink.tests.rings.model.LaneCells.HOST_POSITIONS;
import static io.vlink.tests.rings.model.LaneCells.HOST_WORD;
import static io.vlink.tests.rings.model.LaneCells.IDLE;
import static io.vlink.tests.rings.model.LaneCells.IMPOSSIBLE;
import static io.vlink.tests.rings.model.LaneCells.INITIALIZED;
import static io.vlink.tests.rings.model.LaneCells.INITIALIZING;
import static io.vlink.tests.rings.model.LaneCells.NONCE;
import static io.vlink.tests.rings.model.LaneCells.NONCES;
import static io.vlink.tests.rings.model.LaneCells.PHASE;
import static io.vlink.tests.rings.model.LaneCells.UP;
import static io.vlink.tests.rings.model.LaneCells.checkBothUp;
import static io.vlink.tests.rings.model.LaneCells.checkHonest;
import static io.vlink.tests.rings.model.LaneCells.checkPositions;
import static io.vlink.tests.rings.model.LaneCells.code;
import static io.vlink.tests.rings.model.LaneCells.epoch;
import static io.vlink.tests.rings.model.LaneCells.word;
import static io.vlink.tests.rings.model.Violation.check;

/** GuestLane in {@link LaneModel}: a step for each access of shared memory. */
final class GuestLaneSteps {
    private final LaneMutation mutation;
    private final Window guest;

    /**
     * Steps of a side.
     *
     * @param mutation a mistake, or none
     * @param guest    the accesses that it has begun
     */
    GuestLaneSteps(LaneMutation mutation, Window guest) {
        this.mutation = mutation;
        this.guest = guest;
    }

    /** Asks the host for a new epoch. */
    void askForEpoch(byte[] state) {
        state[GUEST + ACKNOWLEDGED] = 0;
        guest.begin(state, Window.RELEASE, GUEST_WORD, 0, word(0, INITIALIZING));
    }

    /** Performs an access that has been begun. */
    void perform(byte[] state, int index) {
        int cell = guest.cell(state, index);
        int value = guest.value(state, index);
        int epoch = guest.position(state, index);
        int kind = guest.kind(state, index);
        guest.remove(state, index);
        checkHonest(state, epoch == 0 || state[HOST + UP] == 0 || state[HOST + EPOCH] == epoch,
                "the guest uses the rings in an epoch that the host has left");
        if (cell == HOST_WORD) {
            state[GUEST + PHASE] = IDLE;
            foundHost(state, state[HOST_WORD] & 0xff);
        } else if (cell == GUEST_WORD && kind == Window.ACQUIRE) {
            state[GUEST + PHASE] = IDLE;
            if (state[GUEST_WORD] != state[GUEST + AGREEMENT]) {
                acknowledge(state);
            }
        } else if (cell == HOST_POSITIONS) {
            checkPositions(state, state[HOST_POSITIONS], epoch);
        } else {
            checkHonest(state,
                    cell != GUEST_POSITIONS || value != 0 || state[HOST + UP] == 0 || state[GUEST_POSITIONS] == 0
                            || state[GUEST_POSITIONS] == IMPOSSIBLE,
                    "the guest takes back positions that the host uses");
            state[cell] = (byte) value;
        }
    }

    private void foundHost(byte[] state, int found) {
        boolean same = found == (state[GUEST + AGREEMENT] & 0xff)
                || (code(found) == INITIALIZED && epoch(found) == state[GUEST + EPOCH]
                        && mutation == LaneMutation.GUEST_IGNORES_NONCE);
        if (state[GUEST + UP] == 1) {
            state[GUEST + UP] = (byte) (same ? 1 : 0);
        } else if (code(found) == INITIALIZING) {
            foundWaitingHost(state, epoch(found),
                    state[GUEST + ACKNOWLEDGED] == 1 && state[GUEST + EPOCH] == epoch(found));
        } else if (code(found) == INITIALIZED) {
            foundReadyHost(state, epoch(found), state[GUEST + ACKNOWLEDGED] == 1 && same);
        }
    }

    private void foundWaitingHost(byte[] state, int epoch, boolean agreed) {
        if (!agreed) {
            state[GUEST + EPOCH] = (byte) epoch;
            state[GUEST + AGREEMENT] = (byte) word(epoch, state[NONCE], INITIALIZED);
            if (mutation != LaneMutation.AGREEMENTS_ALIKE) {
                state[NONCE] = (byte) ((state[NONCE] + 1) % NONCES);
            }
            if (state[GUEST_RAN] == epoch) {
                state[GUEST_AGAIN] = (byte) epoch;
            }
            boolean early = mutation == LaneMutation.ACKNOWLEDGE_BEFORE_ZERO;
            if (early) {
                acknowledge(state);
            }
            if (mutation != LaneMutation.GUEST_DOES_NOT_ZERO) {
                guest.begin(state, Window.STORE, GUEST_POSITIONS, 0, 0);
            }
            if (!early) {
                acknowledge(state);
            }
        } else if (mutation != LaneMutation.LOST_ACKNOWLEDGEMENT_NOT_REPEATED) {
            state[GUEST + PHASE] = ASKED_OWN;
            guest.begin(state, Window.ACQUIRE, GUEST_WORD, 0, 0);
        }
    }

    private void foundReadyHost(byte[] state, int epoch, boolean agreed) {
        if (agreed || mutation == LaneMutation.GUEST_JOINS_RUNNING_EPOCH) {
            state[GUEST + EPOCH] = (byte) epoch;
            state[GUEST + UP] = 1;
            boolean ownPositions = agreed && state[GUEST_POSITIONS] == epoch && state[GUEST_RAN] == epoch;
            checkHonest(state, ownPositions || state[GUEST_POSITIONS] == 0,
                    "a guest begins with positions that are not its own");
            check(state[GUEST_AGAIN] != epoch, "a guest begins anew in an epoch that has begun");
            state[GUEST_RAN] = (byte) epoch;
            checkBothUp(state);
        } else if (state[GUEST + ACKNOWLEDGED] == 1) {
            askForEpoch(state);
        }
    }

    private void acknowledge(byte[] state) {
        state[GUEST + ACKNOWLEDGED] = 1;
        int kind = mutation == LaneMutation.PLAIN_ACKNOWLEDGE ? Window.STORE : Window.RELEASE;
        guest.begin(state, kind, GUEST_WORD, 0, state[GUEST + AGREEMENT] & 0xff);
    }
}
