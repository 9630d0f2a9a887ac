// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.model;

/**
 * One access of shared memory.
 *
 * @param kind what it is, and what it orders
 * @param cell which word: {@link RingModel#PRODUCER_CELL}, {@link RingModel#CONSUMER_CELL}, or a word of a slot
 */
public record Access(Kind kind, int cell) {
    /** What an access is, and what it orders. In the order of the numbers in Window. */
    public enum Kind {
        /** A plain load. */
        LOAD,
        /** A load with acquire. */
        ACQUIRE,
        /** A plain store. */
        STORE,
        /** A store with release. */
        RELEASE,
        /** A load and, if it found what was expected, a store, in one step; nothing passes it. */
        EXCHANGE
    }
}
