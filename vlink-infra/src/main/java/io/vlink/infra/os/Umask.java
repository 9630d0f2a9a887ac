// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

/** Which permissions the files and sockets that this process makes do not get. Source: {@code umask(2)}. */
public final class Umask {
    private Umask() {
    }

    /**
     * Sets it, for all threads.
     *
     * @param mask permissions to leave out, 0 to 0777
     * @return the one that was set before
     * @throws IllegalArgumentException if the mask is out of range
     */
    public static int set(int mask) {
        if (mask < 0 || mask > 0777) {
            throw new IllegalArgumentException("umask must be 0 to 0777: mask=0" + Integer.toOctalString(mask));
        }
        return ProcessCalls.umask(mask);
    }
}
