// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

/** A driver's hold on a link, until it is given to {@link Inventory#detach}. Immutable. */
public final class Attachment {
    private final Link link;
    private final int pid;

    Attachment(Link link, int pid) {
        this.link = link;
        this.pid = pid;
    }

    /** {@return the link} */
    public Link link() {
        return link;
    }

    /** {@return the driver's process id} */
    public int pid() {
        return pid;
    }
}
