// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

/**
 * Bytes were received, but not the descriptors that came with them: this process may open no more. Nothing else is wrong with the
 * connection.
 */
public final class FdShortageException extends OsException {
    private static final long serialVersionUID = 1L;

    /** Number of bytes, from 1 on. */
    private final int bytes;

    FdShortageException(int fd, int bytes) {
        super("recvmsg", Errno.EMFILE, "fd=" + fd, "descriptors that came with a message were lost: "
                + DescriptorLimit.REMEDY);
        this.bytes = bytes;
    }

    /** How many bytes were received; they are where {@link UnixConnection#receive} was to put them. */
    public int bytes() {
        return bytes;
    }
}
