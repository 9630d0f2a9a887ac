// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.lane;

/** What a lane's poll found. */
public enum LaneEvent {
    /** Nothing new. */
    NONE,
    /** The other side waits for this one: put the rings in order, then acknowledge. */
    RESET_RINGS,
    /** The link is up: descriptors may flow. */
    UP,
    /** The epoch has ended: touch the rings no more. */
    DOWN
}
