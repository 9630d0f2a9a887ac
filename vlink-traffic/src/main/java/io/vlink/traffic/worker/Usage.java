// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.worker;

import java.time.Duration;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Says no to options that make no sense, in one line. */
public final class Usage {
    private static final long MAX_SECONDS = 1_000_000_000;

    private Usage() {
    }

    /**
     * Does nothing if a rule holds.
     *
     * @param command whose options they are
     * @param holds   whether it does
     * @param rule    what must hold
     * @param name    of the option, without dashes
     * @param value   of the option
     * @throws ParameterException {@code rule: name=value}, if it does not
     */
    public static void require(CommandSpec command, boolean holds, String rule, String name, Object value) {
        if (!holds) {
            throw new ParameterException(command.commandLine(), rule + ": " + name + "=" + value);
        }
    }

    /**
     * Checks a time.
     *
     * @param command whose option it is
     * @param name    of the option, without dashes
     * @param time    its value
     * @return nanoseconds, at least 1
     * @throws ParameterException if it is not more than 0, or more than 30 years
     */
    public static long nanos(CommandSpec command, String name, Duration time) {
        require(command, time.isPositive(), name + " must be more than 0", name, "0");
        require(command, time.toSeconds() < MAX_SECONDS, name + " must be less than " + MAX_SECONDS + " seconds", name,
                time.toSeconds());
        return time.toNanos();
    }
}
