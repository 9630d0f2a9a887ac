// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * The two processors of a measurement. Everything of a side, compiler and collector threads too, is tied to the side's own.
 *
 * @param host  the host's
 * @param guest the guest's
 */
record Cores(int host, int guest) {
    /** {@return the command, tied to the host's processor} */
    List<String> host(List<String> command) {
        return tied(host, command);
    }

    /** {@return the command, tied to the guest's processor} */
    List<String> guest(List<String> command) {
        return tied(guest, command);
    }

    /** {@return the command, tied to a processor; it does not outlive the thread that starts it} */
    static List<String> tied(int core, List<String> command) {
        // A side that stands still does not see that the bench has ended without a word: the kernel ends it then.
        List<String> tied = new ArrayList<>(
                List.of("setpriv", "--pdeathsig", "KILL", "taskset", "-c", Integer.toString(core)));
        tied.addAll(command);
        return tied;
    }
}
