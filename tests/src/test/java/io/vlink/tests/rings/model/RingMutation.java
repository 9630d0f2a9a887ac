// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.model;

/** The ring as it is, and mistakes that the model checker must find. */
public enum RingMutation {
    /** As it is. */
    NONE,
    /** The producer moves its position before it writes the descriptors. */
    PUBLISH_BEFORE_WRITE,
    /** The producer moves its position after the descriptors, but with a plain store. */
    PLAIN_PUBLISH,
    /** The consumer gives the slots back before it reads them. */
    RELEASE_BEFORE_READ,
    /** The consumer gives the slots back after it read them, but with a plain store. */
    PLAIN_RELEASE,
    /** The consumer reads the producer's position with a plain load. */
    PLAIN_POLL,
    /** The producer believes in one slot more than there is. */
    ROOM_ONE_MORE,
    /** The producer believes in one slot less than there is. */
    ROOM_ONE_LESS,
    /** The producer publishes two descriptors at a time, and never the odd one that is left. */
    PUBLISH_HELD_BACK,
    /** The consumer asks which position is greater, where only the difference counts. */
    POSITIONS_COMPARED,
    /** The consumer takes as many as it was asked for, whether they are there or not. */
    POLL_IGNORES_POSITION
}
