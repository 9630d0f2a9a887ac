// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How many descriptors this process may have open. Usable from any thread; loads next to nothing, so that a program can look
 * before it needs its libraries. Sources: {@code getrlimit(2)}, RLIMIT_NOFILE; {@code proc_pid_limits(5)}. A JVM raises its soft
 * limit to the hard one when it starts.
 */
public final class DescriptorLimit {
    /** What to do where descriptors are short. */
    public static final String REMEDY = "raise \"ulimit -n\", or LimitNOFILE= of a systemd unit";

    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final String OPEN_FILES = "Max open files";

    private DescriptorLimit() {
    }

    /** The limit; {@code Long.MAX_VALUE} if there is none, or it is not known. */
    public static long ofThisProcess() {
        try {
            String limits = Files.readString(LIMITS);
            // The soft limit is the first word of the row.
            String row = limits.substring(limits.indexOf(OPEN_FILES) + OPEN_FILES.length()).stripLeading();
            return Long.parseLong(row.substring(0, row.indexOf(' ')));
        } catch (IOException | NumberFormatException | IndexOutOfBoundsException unknown) {
            return Long.MAX_VALUE;
        }
    }

    /**
     * Why a program cannot work with the limit that this process has.
     *
     * @param need descriptors that it must be able to open
     * @return one line with a remedy, or null if they are enough
     */
    public static String shortage(int need) {
        long limit = ofThisProcess();
        return limit >= need ? null : "descriptors short: need=" + need + " limit=" + limit + ": " + REMEDY;
    }
}
