// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

/** The attachment at the agent, as a port needs it: says whether the agent is still there, and ends the attachment. */
interface AgentLink extends AutoCloseable {
    /** {@return what has become of the agent; any thread, no system call} */
    AgentState state();

    /**
     * Says what to do when the agent has given the same link to this process again.
     *
     * @param action called on a thread of the attachment
     */
    void onReturn(Runnable action);

    /** Detaches if the agent is there, and frees what the attachment holds. */
    @Override
    void close();
}
