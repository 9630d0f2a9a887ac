// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import io.vlink.tests.lab.ManagedProcess;
import java.util.Map;

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

    /** Disturbs nothing: reads what the kernel counts anyway. */
    Watch QUIETLY = (host, guest, seconds) -> {
        RunDelay delay = new RunDelay(host.pid(), guest.pid());
        delay.begin();
        Pause.seconds(seconds / 2);
        ProcessMemory ofHost = ProcessMemory.of(host.pid());
        ProcessMemory ofGuest = ProcessMemory.of(guest.pid());
        Pause.seconds(seconds * 0.4);
        return new Seen(delay.worst(), ofHost, ofGuest, Map.of());
    };
}
