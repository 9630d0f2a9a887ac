// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.model;

/** A step of a model broke an invariant. */
public final class Violation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * A violation.
     *
     * @param invariant what does not hold
     */
    public Violation(String invariant) {
        super(invariant, null, false, false);
    }

    /**
     * Checks an invariant.
     *
     * @param holds     whether it does
     * @param invariant what does not hold, if it does not
     * @throws Violation if it does not
     */
    static void check(boolean holds, String invariant) {
        if (!holds) {
            throw new Violation(invariant);
        }
    }
}
