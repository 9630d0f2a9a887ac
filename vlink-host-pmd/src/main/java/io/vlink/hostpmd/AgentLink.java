// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

/** The attachment at the agent, as a port needs it: says whether the agent is still there, and ends the attachment. */
interface AgentLink extends AutoCloseable {
    /** {@return whether the agent has gone; any thread, no system call} */
    boolean isGone();

    /** Detaches if the agent is there, and frees what the attachment holds. */
    @Override
    void close();
}
