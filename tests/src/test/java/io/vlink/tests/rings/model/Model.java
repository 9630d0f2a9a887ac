// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.model;

import java.util.function.Consumer;

/** A system of finitely many states, each a piece of bytes of one length. Stateless itself. */
public interface Model {
    /** {@return the state to begin with} */
    byte[] start();

    /**
     * Takes every step that is possible in a state.
     *
     * @param state left as it is
     * @param next  receives a new array for each step
     * @throws Violation if a step breaks an invariant
     */
    void steps(byte[] state, Consumer<byte[]> next);

    /**
     * Whether all work is done.
     *
     * @param state a state
     * @return true if the system may end here
     */
    boolean isDone(byte[] state);

    /**
     * A state for people.
     *
     * @param state a state
     * @return one line
     */
    String describe(byte[] state);
}
