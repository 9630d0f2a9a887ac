// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.model;

/** The epoch handshake as it is, and mistakes that the model checker must find. */
public enum LaneMutation {
    /** As it is. */
    NONE,
    /** The host takes an acknowledgement of another epoch for one of this. */
    ACKNOWLEDGEMENT_OF_ANY_EPOCH,
    /** A host that comes back counts from the epoch before its last. */
    EPOCH_USED_TWICE,
    /** The guest acknowledges, then zeroes its positions. */
    ACKNOWLEDGE_BEFORE_ZERO,
    /** The guest acknowledges with a plain store. */
    PLAIN_ACKNOWLEDGE,
    /** The host completes with a plain store. */
    PLAIN_COMPLETE,
    /** The host completes, then zeroes its positions. */
    COMPLETE_BEFORE_ZERO,
    /** The host starts a new epoch with a plain store: it may still be touching rings when the guest sees it. */
    PLAIN_START,
    /** A guest joins an epoch that it finds running. */
    GUEST_JOINS_RUNNING_EPOCH,
    /** The guest does not zero its positions. */
    GUEST_DOES_NOT_ZERO,
    /** The guest does not say again what a device reset has wiped out. */
    LOST_ACKNOWLEDGEMENT_NOT_REPEATED,
    /** A host whose epoch runs does not look whether the guest is still there. */
    HOST_IGNORES_DEPARTURE,
    /** A host whose epoch runs does not look whether somebody has written over its word. */
    HOST_IGNORES_ITS_OWN_WORD,
    /** All guests draw the same nonce: one agreement to an epoch looks like another. */
    AGREEMENTS_ALIKE,
    /** A guest takes an epoch that runs by another agreement for its own. */
    GUEST_IGNORES_NONCE
}
