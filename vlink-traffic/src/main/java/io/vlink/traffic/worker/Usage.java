// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.worker;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Says no to options that make no sense, in one line. */
public final class Usage {
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
}
