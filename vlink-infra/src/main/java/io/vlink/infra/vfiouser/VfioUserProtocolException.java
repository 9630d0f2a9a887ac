// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.vfiouser;

import io.vlink.infra.os.Errno;

/**
 * What a peer sent breaks the protocol. Thrown by {@link VfioUserTransport#receive}: where the next message starts is unknown,
 * so the connection has to be closed. Thrown by a payload's {@code decode}: framing is intact, and a server answers
 * {@link #errno}.
 */
public final class VfioUserProtocolException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    /**
     * Creates one that is answered with EINVAL.
     *
     * @param message {@code rule: name=value}
     */
    public VfioUserProtocolException(String message) {
        this(Errno.EINVAL, message);
    }

    /**
     * Creates one.
     *
     * @param errno what a reply carries, see errno(3)
     * @param message {@code rule: name=value}
     */
    public VfioUserProtocolException(int errno, String message) {
        super(message);
        this.errno = errno;
    }

    /** {@return the errno that a server answers with} */
    public int errno() {
        return errno;
    }
}
