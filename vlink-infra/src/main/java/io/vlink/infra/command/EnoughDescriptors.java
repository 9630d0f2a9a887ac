// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.command;

import io.vlink.infra.os.DescriptorLimit;

/** What a program asks first: whether it may open as many descriptors as it needs. Loads next to nothing. One thread. */
public final class EnoughDescriptors {
    private EnoughDescriptors() {
    }

    /**
     * Ends this process with one line and status 1 where a program cannot work with the limit that it has.
     *
     * @param program its name
     * @param need    descriptors that it must be able to open
     */
    public static void orExit(String program, int need) {
        String shortage = DescriptorLimit.shortage(need);
        if (shortage != null) {
            System.err.println(program + ": " + shortage);
            System.exit(1);
        }
    }
}
