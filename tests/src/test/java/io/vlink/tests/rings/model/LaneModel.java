// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * HostLane and GuestLane with the rings between them, as steps of one shared-memory access each, over a memory that reorders (see
 * {@link Window}). Either side may leave, die and come back, and the device may be reset, at any step, a given number of times.
 *
 * <p>All positions of a side are one cell: zero, or the epoch in which the side has used the rings. While a side is up it uses the
 * rings whenever it likes: it reads the other's cell, which must be zero or of this epoch, and writes its own.
 *
 * <pre>
 * 0         host word | guest word | host's positions | guest's positions | recorded epoch | events left
 * host      epoch | up | phase
 * guest     epoch | up | phase | acknowledged
 * two windows
 * </pre>
 */
public final class LaneModel implements Model {
    /** Cell of the host's lane word. */
    public static final int HOST_WORD = 0;
    /** Cell of the guest's lane word. */
    public static final int GUEST_WORD = 1;

    private static final int HOST_POSITIONS = 2;
    private static final int GUEST_POSITIONS = 3;
    private static final int RECORD = 4;
    private static final int EVENTS = 5;
    private static final int HOST = 6;
    private static final int GUEST = 9;
    private static final int EPOCH = 0;
    private static final int UP = 1;
    private static final int PHASE = 2;
    private static final int ACKNOWLEDGED = 3;

    private static final int IDLE = 0;
    private static final int ASKED = 1;
    private static final int ASKED_OWN = 2;
    private static final int GONE = 3;

    private static final int INITIALIZING = 1;
    private static final int INITIALIZED = 2;
    private static final int LAST_EPOCH = 60;
    private static final int CAPACITY = 6;

    private final int events;
    private final LaneMutation mutation;
    private final Window host = new Window(13, CAPACITY);
    private final Window guest = new Window(13 + Window.bytes(CAPACITY), CAPACITY);

    /**
     * A handshake to check.
     *
     * @param events   how often a side may leave or die, or the device be reset
     * @param mutation a mistake, or none
     */
    public LaneModel(int events, LaneMutation mutation) {
        this.events = events;
        this.mutation = mutation;
    }

    /**
     * A lane word with 8 bits.
     *
     * @param epoch the epoch
     * @param code  the state's number
     * @return the word
     */
    public static int word(int epoch, int code) {
        return epoch << 2 | code;
    }

    /** Nobody is there yet. */
    @Override
    public byte[] start() {
        byte[] state = new byte[13 + 2 * Window.bytes(CAPACITY)];
        state[EVENTS] = (byte) events;
        state[HOST + PHASE] = GONE;
        state[GUEST + PHASE] = GONE;
        return state;
    }

    @Override
    public boolean isDone(byte[] state) {
        return state[HOST + UP] == 1 && state[GUEST + UP] == 1 && host.count(state) == 0 && guest.count(state) == 0;
    }

    /** {@return tells a state in which a link runs that has been down} */
    public Predicate<byte[]> isUpAgain() {
        return state -> isDone(state) && state[EVENTS] == 0;
    }

    @Override
    public void steps(byte[] state, Consumer<byte[]> next) {
        for (LaneAction action : LaneAction.values()) {
            if (isPossible(state, action)) {
                byte[] changed = state.clone();
                begin(changed, action);
                next.accept(changed);
            }
        }
        for (int index = 0; index < host.count(state); index++) {
            if (host.mayPerform(state, index)) {
                byte[] changed = state.clone();
                performHost(changed, index);
                next.accept(changed);
            }
        }
        for (int index = 0; index < guest.count(state); index++) {
            if (guest.mayPerform(state, index)) {
                byte[] changed = state.clone();
                performGuest(changed, index);
                next.accept(changed);
            }
        }
    }

    /**
     * Whether an action can begin.
     *
     * @param state  a state
     * @param action the action
     * @return true if it can
     */
    public boolean isPossible(byte[] state, LaneAction action) {
        if (action.isEvent() && state[EVENTS] == 0) {
            return false;
        }
        boolean hostIdle = state[HOST + PHASE] == IDLE && host.room(state) >= 3;
        boolean guestIdle = state[GUEST + PHASE] == IDLE && guest.room(state) >= 3;
        return switch (action) {
            case HOST_POLLS, HOST_LEAVES -> hostIdle;
            case GUEST_POLLS, GUEST_LEAVES -> guestIdle;
            case HOST_TOUCHES -> hostIdle && state[HOST + UP] == 1;
            case GUEST_TOUCHES -> guestIdle && state[GUEST + UP] == 1;
            case HOST_COMES -> state[HOST + PHASE] == GONE && host.count(state) == 0;
            case GUEST_COMES -> state[GUEST + PHASE] == GONE && guest.count(state) == 0;
            case HOST_DIES -> state[HOST + PHASE] != GONE;
            case GUEST_DIES -> state[GUEST + PHASE] != GONE;
            case DEVICE_RESETS -> state[GUEST_WORD] != 0;
        };
    }

    private void begin(byte[] state, LaneAction action) {
        if (action.isEvent()) {
            state[EVENTS]--;
        }
        switch (action) {
            case HOST_POLLS -> ask(state, host, HOST, GUEST_WORD);
            case GUEST_POLLS -> ask(state, guest, GUEST, HOST_WORD);
            case HOST_TOUCHES -> touch(state, host, state[HOST + EPOCH], HOST_POSITIONS, GUEST_POSITIONS);
            case GUEST_TOUCHES -> touch(state, guest, state[GUEST + EPOCH], GUEST_POSITIONS, HOST_POSITIONS);
            case HOST_COMES -> {
                state[HOST + PHASE] = IDLE;
                state[HOST + EPOCH] = state[RECORD];
                if (mutation == LaneMutation.EPOCH_USED_TWICE && state[RECORD] > 0) {
                    state[HOST + EPOCH]--;
                }
                startEpoch(state);
            }
            case GUEST_COMES -> {
                state[GUEST + PHASE] = IDLE;
                askForEpoch(state);
            }
            case HOST_LEAVES -> {
                host.begin(state, Window.RELEASE, HOST_WORD, 0, word(state[HOST + EPOCH], 0));
                end(state, HOST);
            }
            case GUEST_LEAVES -> {
                guest.begin(state, Window.RELEASE, GUEST_WORD, 0, 0);
                end(state, GUEST);
            }
            case HOST_DIES -> {
                forget(state, host);
                end(state, HOST);
            }
            case GUEST_DIES -> {
                forget(state, guest);
                end(state, GUEST);
            }
            case DEVICE_RESETS -> state[GUEST_WORD] = 0;
        }
    }

    private static void ask(byte[] state, Window window, int side, int cell) {
        state[side + PHASE] = ASKED;
        window.begin(state, Window.ACQUIRE, cell, 0, 0);
    }

    private static void touch(byte[] state, Window window, int epoch, int own, int other) {
        window.begin(state, Window.LOAD, other, epoch, 0);
        window.begin(state, Window.STORE, own, epoch, epoch);
    }

    /** What a killed program had begun and not performed never happens. */
    private static void forget(byte[] state, Window window) {
        while (window.count(state) > 0) {
            window.remove(state, window.count(state) - 1);
        }
    }

    private static void end(byte[] state, int side) {
        state[side + PHASE] = GONE;
        state[side + UP] = 0;
        state[side + EPOCH] = 0;
        if (side == GUEST) {
            state[GUEST + ACKNOWLEDGED] = 0;
        }
    }

    // The host.

    private void startEpoch(byte[] state) {
        check(state[HOST + EPOCH] < LAST_EPOCH, "epochs without end");
        state[HOST + UP] = 0;
        state[HOST + EPOCH]++;
        state[RECORD] = state[HOST + EPOCH];
        int kind = mutation == LaneMutation.PLAIN_START ? Window.STORE : Window.RELEASE;
        host.begin(state, kind, HOST_WORD, 0, word(state[HOST + EPOCH], INITIALIZING));
    }

    private void performHost(byte[] state, int index) {
        int cell = host.cell(state, index);
        int value = host.value(state, index);
        int epoch = host.position(state, index);
        host.remove(state, index);
        check(epoch == 0 || state[GUEST + ACKNOWLEDGED] == 0 || state[GUEST + EPOCH] == epoch,
                "the host uses the rings in an epoch that the guest has left");
        if (cell == GUEST_WORD) {
            state[HOST + PHASE] = IDLE;
            foundGuest(state, state[GUEST_WORD] & 0xff);
        } else if (cell == GUEST_POSITIONS) {
            checkPositions(state[GUEST_POSITIONS], epoch);
        } else {
            check(cell != HOST_POSITIONS || value != 0 || state[GUEST + UP] == 0,
                    "the host zeroes its positions while the guest uses the rings");
            state[cell] = (byte) value;
        }
    }

    private void foundGuest(byte[] state, int found) {
        boolean acknowledged = mutation == LaneMutation.ACKNOWLEDGEMENT_OF_ANY_EPOCH
                ? (found & 3) == INITIALIZED
                : found == word(state[HOST + EPOCH], INITIALIZED);
        if (acknowledged == (state[HOST + UP] == 1)) {
            return;
        }
        if (acknowledged) {
            complete(state);
        } else if (mutation != LaneMutation.HOST_IGNORES_DEPARTURE) {
            startEpoch(state);
        }
    }

    private void complete(byte[] state) {
        state[HOST + UP] = 1;
        checkBothUp(state);
        int kind = mutation == LaneMutation.PLAIN_COMPLETE ? Window.STORE : Window.RELEASE;
        if (mutation == LaneMutation.COMPLETE_BEFORE_ZERO) {
            host.begin(state, kind, HOST_WORD, 0, word(state[HOST + EPOCH], INITIALIZED));
        }
        host.begin(state, Window.STORE, HOST_POSITIONS, 0, 0);
        if (mutation != LaneMutation.COMPLETE_BEFORE_ZERO) {
            host.begin(state, kind, HOST_WORD, 0, word(state[HOST + EPOCH], INITIALIZED));
        }
    }

    // The guest.

    private void askForEpoch(byte[] state) {
        state[GUEST + ACKNOWLEDGED] = 0;
        guest.begin(state, Window.RELEASE, GUEST_WORD, 0, word(0, INITIALIZING));
    }

    private void performGuest(byte[] state, int index) {
        int cell = guest.cell(state, index);
        int value = guest.value(state, index);
        int epoch = guest.position(state, index);
        int kind = guest.kind(state, index);
        guest.remove(state, index);
        check(epoch == 0 || state[HOST + UP] == 0 || state[HOST + EPOCH] == epoch,
                "the guest uses the rings in an epoch that the host has left");
        if (cell == HOST_WORD) {
            state[GUEST + PHASE] = IDLE;
            foundHost(state, state[HOST_WORD] & 0xff);
        } else if (cell == GUEST_WORD && kind == Window.ACQUIRE) {
            state[GUEST + PHASE] = IDLE;
            if ((state[GUEST_WORD] & 0xff) != word(state[GUEST + EPOCH], INITIALIZED)) {
                acknowledge(state);
            }
        } else if (cell == HOST_POSITIONS) {
            checkPositions(state[HOST_POSITIONS], epoch);
        } else {
            check(cell != GUEST_POSITIONS || value != 0 || state[HOST + UP] == 0 || state[GUEST_POSITIONS] == 0,
                    "the guest takes back positions that the host uses");
            state[cell] = (byte) value;
        }
    }

    private void foundHost(byte[] state, int found) {
        int epoch = found >> 2;
        boolean agreed = state[GUEST + ACKNOWLEDGED] == 1 && state[GUEST + EPOCH] == epoch;
        if (state[GUEST + UP] == 1) {
            state[GUEST + UP] = (byte) (found == word(state[GUEST + EPOCH], INITIALIZED) ? 1 : 0);
        } else if ((found & 3) == INITIALIZING) {
            foundWaitingHost(state, epoch, agreed);
        } else if ((found & 3) == INITIALIZED) {
            foundReadyHost(state, epoch, agreed);
        }
    }

    private void foundWaitingHost(byte[] state, int epoch, boolean agreed) {
        if (!agreed) {
            state[GUEST + EPOCH] = (byte) epoch;
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
            check(state[GUEST_POSITIONS] == 0, "a guest begins with positions that are not its own");
            checkBothUp(state);
        } else if (state[GUEST + ACKNOWLEDGED] == 1) {
            askForEpoch(state);
        }
    }

    private void acknowledge(byte[] state) {
        state[GUEST + ACKNOWLEDGED] = 1;
        int kind = mutation == LaneMutation.PLAIN_ACKNOWLEDGE ? Window.STORE : Window.RELEASE;
        guest.begin(state, kind, GUEST_WORD, 0, word(state[GUEST + EPOCH], INITIALIZED));
    }

    // Invariants.

    private static void checkPositions(int found, int epoch) {
        check(found == 0 || found == epoch,
                "a side reads positions of another epoch: found=" + found + " epoch=" + epoch);
    }

    private static void checkBothUp(byte[] state) {
        check(state[HOST + UP] + state[GUEST + UP] < 2 || state[HOST + EPOCH] == state[GUEST + EPOCH],
                "both sides are up in different epochs");
    }

    private static void check(boolean holds, String invariant) {
        if (!holds) {
            throw new Violation(invariant);
        }
    }

    /**
     * Does an action to its end, without another in between.
     *
     * @param state  changed
     * @param action a possible action
     * @return its accesses of lane words
     */
    public List<Access> run(byte[] state, LaneAction action) {
        List<Access> accesses = new ArrayList<>();
        begin(state, action);
        while (host.count(state) > 0) {
            accesses.add(host.access(state, 0));
            performHost(state, 0);
        }
        while (guest.count(state) > 0) {
            accesses.add(guest.access(state, 0));
            performGuest(state, 0);
        }
        accesses.removeIf(access -> access.cell() > GUEST_WORD);
        return accesses;
    }

    /**
     * Whether the host lane is up.
     *
     * @param state a state
     * @return true if it is
     */
    public static boolean isHostUp(byte[] state) {
        return state[HOST + UP] == 1;
    }

    /**
     * Whether the guest lane is up.
     *
     * @param state a state
     * @return true if it is
     */
    public static boolean isGuestUp(byte[] state) {
        return state[GUEST + UP] == 1;
    }

    @Override
    public String describe(byte[] state) {
        return "host word=" + (state[HOST_WORD] >> 2) + ":" + (state[HOST_WORD] & 3) + " guest word="
                + (state[GUEST_WORD] >> 2) + ":" + (state[GUEST_WORD] & 3) + " positions=" + state[HOST_POSITIONS] + ","
                + state[GUEST_POSITIONS] + " host epoch=" + state[HOST + EPOCH] + " up=" + state[HOST + UP] + " phase="
                + state[HOST + PHASE] + " " + host.describe(state) + " guest epoch=" + state[GUEST + EPOCH] + " up="
                + state[GUEST + UP] + " acknowledged=" + state[GUEST + ACKNOWLEDGED] + " phase=" + state[GUEST + PHASE]
                + " " + guest.describe(state);
    }
}
