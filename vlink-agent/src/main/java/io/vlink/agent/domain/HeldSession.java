// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

/**
 * What a control connection holds until it ends.
 *
 * @param id         its name among kept connections
 * @param domain     the domain that is withdrawn with it, or null
 * @param attachment the link that is detached with it, or null
 * @param owed       whether the reply that says so may not have been sent
 */
public record HeldSession(String id, Domain domain, Attachment attachment, boolean owed) {
    /**
     * A session that has registered a domain and owes the reply.
     *
     * @param domain the domain
     * @return the session
     */
    public static HeldSession of(Domain domain) {
        return new HeldSession(Keeping.newId(), domain, null, true);
    }

    /**
     * A session that has attached to a link and owes the reply.
     *
     * @param attachment the driver's hold
     * @return the session
     */
    public static HeldSession of(Attachment attachment) {
        return new HeldSession(Keeping.newId(), null, attachment, true);
    }

    /** {@return the same, its reply sent} */
    public HeldSession settled() {
        return new HeldSession(id, domain, attachment, false);
    }
}
