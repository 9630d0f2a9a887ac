// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.model;

import static io.vlink.tests.rings.model.LaneCells.ACKNOWLEDGED;
import static io.vlink.tests.rings.model.LaneCells.CAPACITY;
import static io.vlink.tests.rings.model.LaneCells.EPOCH;
import static io.vlink.tests.rings.model.LaneCells.EVENTS;
import static io.vlink.tests.rings.model.LaneCells.GONE;
import static io.vlink.tests.rings.model.LaneCells.GUEST;
import static io.vlink.tests.rings.model.LaneCells.GUEST_AGAIN;
import static io.vlink.tests.rings.model.LaneCells.GUEST_POSITIONS;
import static io.vlink.tests.rings.model.LaneCells.GUEST_RAN;
import static io.vlink.tests.rings.model.LaneCells.HOST;
import static io.vlink.tests.rings.model.LaneCells.HOST_POSITIONS;
import static io.vlink.tests.rings.model.LaneCells.IDLE;
import static io.vlink.tests.rings.model.LaneCells.IMPOSSIBLE;
import static io.vlink.tests.rings.model.LaneCells.INITIALIZED;
import static io.vlink.tests.rings.model.LaneCells.INITIALIZING;
import static io.vlink.tests.rings.model.LaneCells.LEFT;
import static io.vlink.tests.rings.model.LaneCells.LIED;
import static io.vlink.tests.rings.model.LaneCells.LIES;
import static io.vlink.tests.rings.model.LaneCells.OTHER_NONCE;
import static io.vlink.tests.rings.model.LaneCells.PHASE;
import static io.vlink.tests.rings.model.LaneCells.QUARANTINED;
import static io.vlink.tests.rings.model.LaneCells.RECORD;
import static io.vlink.tests.rings.model.LaneCells.SPOILT;
import static io.vlink.tests.rings.model.LaneCells.UP;
import static io.vlink.tests.rings.model.LaneCells.WINDOWS;
import static io.vlink.tests.rings.model.LaneCells.ask;
import static io.vlink.tests.rings.model.LaneCells.end;
import static io.vlink.tests.rings.model.LaneCells.forget;
import static io.vlink.tests.rings.model.LaneCells.touch;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * HostLane and GuestLane with the rings between them, as steps of one shared-memory access each, over a memory that reorders (see
 * {@link Window}). Either side may leave, die and come back, the device may be reset, the agent may take the host for gone, and a
 * guest may write over the host's word, at any step, a given number of times.
 *
 * <p>All positions of a side are one cell: zero, or the epoch in which the side has used the rings, or what cannot be, if the
 * guest lies. While a side is up it uses the rings whenever it likes: it reads the other's cell, which must be zero or of this
 * epoch, and writes its own. A host that reads what cannot be uses the rings no more until the next epoch.
 */
public final class LaneModel implements Model {
    /** Cell of the host's lane word. */
    public static final int HOST_WORD = LaneCells.HOST_WORD;
    /** Cell of the guest's lane word. */
    public static final int GUEST_WORD = LaneCells.GUEST_WORD;

    private final int events;
    private final int spoils;
    private final LaneMutation mutation;
    private final Window host = new Window(WINDOWS, CAPACITY);
    private final Window guest = new Window(WINDOWS + Window.bytes(CAPACITY), CAPACITY);
    private final HostLaneSteps hostSteps;
    private final GuestLaneSteps guestSteps;

    /**
     * A handshake to check.
     *
     * @param events   how often a side may leave or die, the device be reset, or the agent lose sight of the host
     * @param spoils   how often a guest may write over the host's word, or positions or an agreement that cannot be
     * @param mutation a mistake, or none
     */
    public LaneModel(int events, int spoils, LaneMutation mutation) {
        this.events = events;
        this.spoils = spoils;
        this.mutation = mutation;
        this.hostSteps = new HostLaneSteps(mutation, host);
        this.guestSteps = new GuestLaneSteps(mutation, guest);
    }

    /**
     * A lane word with 8 bits.
     *
     * @param epoch the epoch
     * @param nonce 0 to 3
     * @param code  the state's number
     * @return the word
     */
    public static int word(int epoch, int nonce, int code) {
        return LaneCells.word(epoch, nonce, code);
    }

    /** Nobody is there yet. */
    @Override
    public byte[] start() {
        byte[] state = new byte[WINDOWS + 2 * Window.bytes(CAPACITY)];
        state[EVENTS] = (byte) events;
        state[HOST + PHASE] = GONE;
        state[GUEST + PHASE] = GONE;
        return state;
    }

    @Override
    public boolean isDone(byte[] state) {
        if (state[GUEST + LIES] == 1 && state[GUEST + PHASE] != GONE) {
            return true; // who lies has only itself to blame
        }
        return isUp(state);
    }

    private boolean isUp(byte[] state) {
        return state[QUARANTINED] == 0 && state[HOST + UP] == 1 && state[GUEST + UP] == 1 && host.count(state) == 0
                && guest.count(state) == 0;
    }

    /** {@return tells a state in which a link runs that has been down} */
    public Predicate<byte[]> isUpAgain() {
        return state -> isUp(state) && state[EVENTS] == 0;
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
                hostSteps.perform(changed, index);
                next.accept(changed);
            }
        }
        for (int index = 0; index < guest.count(state); index++) {
            if (guest.mayPerform(state, index)) {
                byte[] changed = state.clone();
                guestSteps.perform(changed, index);
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
            case HOST_REPEATS -> hostIdle && host.count(state) == 0 && (state[HOST + UP] == 0 || state[LEFT] == 1);
            case HOST_TOUCHES -> hostIdle && state[HOST + UP] == 1 && state[QUARANTINED] == 0;
            case GUEST_TOUCHES -> guestIdle && state[GUEST + UP] == 1;
            case GUEST_DIRTIES -> mayLie(state) && state[GUEST_POSITIONS] != IMPOSSIBLE;
            case GUEST_AGREES_FALSELY -> mayLie(state) && state[RECORD] != 0;
            case GUEST_AGREES_TO_THE_NEXT -> mayLie(state) && state[RECORD] != 0;
            case HOST_COMES -> state[HOST + PHASE] == GONE && host.count(state) == 0;
            case GUEST_COMES -> state[GUEST + PHASE] == GONE && guest.count(state) == 0;
            case HOST_DIES -> state[HOST + PHASE] != GONE;
            case GUEST_DIES -> state[GUEST + PHASE] != GONE;
            case DEVICE_RESETS -> state[GUEST_WORD] != 0;
            case AGENT_LOSES_HOST -> state[RECORD] != 0 && state[LEFT] == 0 && host.count(state) == 0;
            default -> state[RECORD] != 0 && mayBeSpoilt(state, action);
        };
    }

    private boolean mayLie(byte[] state) {
        return state[GUEST + PHASE] != GONE && state[LIED] < spoils;
    }

    private static void lie(byte[] state) {
        state[GUEST + LIES] = 1;
        state[LIED]++;
    }

    private boolean mayBeSpoilt(byte[] state, LaneAction action) {
        return state[LIED] < spoils && spoilt(state, action) != state[HOST_WORD];
    }

    /** What the host's word becomes. */
    private static byte spoilt(byte[] state, LaneAction action) {
        int epoch = state[RECORD];
        return (byte) switch (action) {
            case SPOILT_TO_WAITING -> word(epoch, 0, INITIALIZING);
            case SPOILT_TO_RUNNING -> word(epoch, OTHER_NONCE, INITIALIZED);
            case SPOILT_TO_LEFT -> word(epoch, 0, 0);
            case SPOILT_TO_NEXT_WAITING -> word(epoch + 1, 0, INITIALIZING);
            case SPOILT_TO_NEXT_RUNNING -> word(epoch + 1, OTHER_NONCE, INITIALIZED);
            default -> throw new IllegalArgumentException("spoils no word: " + action);
        };
    }

    private void begin(byte[] state, LaneAction action) {
        if (action.isEvent()) {
            state[EVENTS]--;
        }
        switch (action) {
            case HOST_POLLS -> ask(state, host, HOST, GUEST_WORD);
            case HOST_REPEATS -> hostSteps.repeat(state);
            case GUEST_POLLS -> ask(state, guest, GUEST, HOST_WORD);
            case HOST_TOUCHES -> touch(state, host, state[HOST + EPOCH], HOST_POSITIONS, GUEST_POSITIONS);
            case GUEST_TOUCHES -> touch(state, guest, state[GUEST + EPOCH], GUEST_POSITIONS, HOST_POSITIONS);
            case GUEST_DIRTIES -> {
                state[GUEST_POSITIONS] = IMPOSSIBLE;
                lie(state);
            }
            case GUEST_AGREES_FALSELY -> {
                state[GUEST_WORD] = (byte) word(state[RECORD], OTHER_NONCE, INITIALIZED);
                state[SPOILT] = 1;
                lie(state);
            }
            case GUEST_AGREES_TO_THE_NEXT -> {
                state[GUEST_WORD] = (byte) word(state[RECORD] + 1, OTHER_NONCE, INITIALIZED);
                state[SPOILT] = 1;
                lie(state);
            }
            case HOST_COMES -> {
                state[HOST + PHASE] = IDLE;
                state[HOST + EPOCH] = state[RECORD];
                if (mutation == LaneMutation.EPOCH_USED_TWICE && state[RECORD] > 0) {
                    state[HOST + EPOCH]--;
                }
                hostSteps.startEpoch(state);
            }
            case GUEST_COMES -> {
                state[GUEST + PHASE] = IDLE;
                state[GUEST + LIES] = 0; // a dead liar's last accesses are performed by now
                guestSteps.askForEpoch(state);
            }
            case HOST_LEAVES -> {
                host.begin(state, Window.RELEASE, HOST_WORD, 0, word(state[HOST + EPOCH], 0, 0));
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
            case AGENT_LOSES_HOST -> {
                state[LEFT] = 1;
                state[HOST_WORD] = (byte) word(state[RECORD], 0, 0);
            }
            default -> {
                state[HOST_WORD] = spoilt(state, action);
                state[SPOILT] = 1;
                state[LIED]++;
            }
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
            hostSteps.perform(state, 0);
        }
        while (guest.count(state) > 0) {
            accesses.add(guest.access(state, 0));
            guestSteps.perform(state, 0);
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

    private static String text(byte word) {
        return LaneCells.epoch(word & 0xff) + ":" + (word >> 2 & 3) + ":" + LaneCells.code(word);
    }

    @Override
    public String describe(byte[] state) {
        return "host word=" + text(state[HOST_WORD]) + " guest word=" + text(state[GUEST_WORD]) + " positions="
                + state[HOST_POSITIONS] + ","
                + state[GUEST_POSITIONS] + " left=" + state[LEFT] + " spoilt=" + state[SPOILT] + " ran="
                + state[GUEST_RAN]
                + " again=" + state[GUEST_AGAIN] + " quarantined=" + state[QUARANTINED] + " lies="
                + state[GUEST + LIES] + " host epoch=" + state[HOST + EPOCH] + " up=" + state[HOST + UP]
                + " phase="
                + state[HOST + PHASE] + " " + host.describe(state) + " guest epoch=" + state[GUEST + EPOCH] + " up="
                + state[GUEST + UP] + " acknowledged=" + state[GUEST + ACKNOWLEDGED] + " phase=" + state[GUEST + PHASE]
                + " " + guest.describe(state);
    }
}
