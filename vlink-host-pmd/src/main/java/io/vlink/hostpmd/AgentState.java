// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

/** What has become of the agent that a port was attached through. */
public enum AgentState {
    /** It is there, and the link is this port's. */
    ATTACHED,
    /** The connection has ended. Packets flow on as long as the guest is there, and the attachment is tried again. */
    AWAY,
    /** An agent is there that has a link of the same name in other memory: this port can only be closed, and opened again. */
    REPLACED
}
