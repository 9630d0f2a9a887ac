// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.model;

/** What a side or the outside world can do. */
public enum LaneAction {
    /** The host looks at the guest's word. */
    HOST_POLLS(false),
    /** The guest looks at the host's word. */
    GUEST_POLLS(false),
    /** The host says its word again: while it waits, or after the agent has said in its place that it has left. */
    HOST_REPEATS(false),
    /** The host uses the rings. */
    HOST_TOUCHES(false),
    /** The guest uses the rings. */
    GUEST_TOUCHES(false),
    /** The guest writes positions that cannot be. */
    GUEST_DIRTIES(false),
    /** The guest agrees to the epoch that is, or was, in place of what it has said, with its positions as they are. */
    GUEST_AGREES_FALSELY(false),
    /** The guest agrees to the next epoch, before there is one. */
    GUEST_AGREES_TO_THE_NEXT(false),
    /** A host driver attaches. */
    HOST_COMES(false),
    /** A guest program starts. */
    GUEST_COMES(false),
    /** The host driver detaches. */
    HOST_LEAVES(true),
    /** The guest program detaches. */
    GUEST_LEAVES(true),
    /** The host driver is killed. */
    HOST_DIES(true),
    /** The guest program is killed. */
    GUEST_DIES(true),
    /** The device is reset, or disconnected. */
    DEVICE_RESETS(true),
    /** The agent loses sight of the driver, and says in its place that it has left. */
    AGENT_LOSES_HOST(true),
    /** The guest writes over the host's word: the epoch that is, or was, waits for it. */
    SPOILT_TO_WAITING(false),
    /** The guest writes over the host's word: the epoch that is, or was, runs. */
    SPOILT_TO_RUNNING(false),
    /** The guest writes over the host's word: no driver is there. */
    SPOILT_TO_LEFT(false),
    /** The guest writes over the host's word: the next epoch waits for it. */
    SPOILT_TO_NEXT_WAITING(false),
    /** The guest writes over the host's word: the next epoch runs. */
    SPOILT_TO_NEXT_RUNNING(false);

    private final boolean event;

    LaneAction(boolean event) {
        this.event = event;
    }

    /** {@return whether it is about positions, and no lane word} */
    public boolean isOfRings() {
        return this == HOST_TOUCHES || this == GUEST_TOUCHES || this == GUEST_DIRTIES;
    }

    /** {@return whether it is one of the events that a model allows a given number of} */
    boolean isEvent() {
        return event;
    }
}
