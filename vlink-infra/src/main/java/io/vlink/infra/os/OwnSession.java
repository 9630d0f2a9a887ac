// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

/** A session of this process's own. Source: {@code setsid(2)}. */
public final class OwnSession {
    private OwnSession() {
    }

    /**
     * Leaves the session, the process group and the terminal of whoever started this process, so that what is sent to all of
     * them (a Ctrl-C, a hang-up) does not come here. For any thread, and for the whole process.
     *
     * @throws OsException EPERM if it leads a process group, as a shell's job does
     */
    public static void start() {
        OsException.checked("setsid", ProcessCalls.setsid(), "");
    }
}
