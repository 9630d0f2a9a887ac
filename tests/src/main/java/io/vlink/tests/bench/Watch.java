// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.lab.ManagedProcess;

/** What looks at the two processes of a pair while they are measured. One thread. */
interface Watch {
    /**
     * Looks for most of the time.
     *
     * @param host    the host's process
     * @param guest   the guest's process
     * @param seconds of measuring, which has just begun
     * @return what was seen; before the measuring ends
     */
    Seen look(ManagedProcess host, ManagedProcess guest, double seconds);
}
