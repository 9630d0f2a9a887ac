// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a path is that a person gave as a socket. For any thread. */
public final class SocketFile {
    /** {@code inode(7)}: S_IFMT and S_IFSOCK. */
    private static final int TYPE_MASK = 0170000;
    private static final int TYPE_SOCKET = 0140000;

    private SocketFile() {
    }

    /**
     * Whether a path is a socket, at this moment.
     *
     * @param path any path
     * @return false for anything else, for nothing, and for what this process may not look at
     */
    public static boolean isSocket(Path path) {
        try {
            return ((int) Files.getAttribute(path, "unix:mode") & TYPE_MASK) == TYPE_SOCKET;
        } catch (IOException e) {
            return false;
        }
    }
}
