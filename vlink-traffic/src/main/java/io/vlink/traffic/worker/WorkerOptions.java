// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.worker;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options about workers, for every program that has some; a picocli mixin. One thread. */
public final class WorkerOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    // spotless:off
    @Option(names = "--lcores", paramLabel = "LIST",
            description = "processors such as 0,2-3, a worker on each; queues go round; default: one worker, not pinned")
    private String lcores;
    @Option(names = "--pmd-cpu-mask", paramLabel = "MASK",
            description = "the same as a hexadecimal mask, such as 0x5 for 0,2")
    private String mask;
    @Option(names = "--idle", paramLabel = "HOW", defaultValue = "auto", converter = IdleConverter.class,
            description = IdleStrategy.FORM + ": what a worker does without work; default: ${DEFAULT-VALUE}")
    private IdleStrategy idle;
    // spotless:on

    /** Made by picocli. */
    public WorkerOptions() {
    }

    /**
     * Where workers run.
     *
     * @return processors that exist
     * @throws ParameterException one line: wrong usage
     */
    public Lcores lcores() {
        if (lcores != null && mask != null) {
            throw new ParameterException(command.commandLine(),
                    "--lcores and --pmd-cpu-mask exclude each other: leave one out");
        }
        try {
            if (mask != null) {
                return Lcores.ofMask(mask);
            }
            return lcores == null ? Lcores.ANY : Lcores.ofList(lcores);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), e.getMessage(), e);
        }
    }

    /** {@return what a worker does while there is nothing to do} */
    public IdleStrategy idle() {
        return idle;
    }

    /** Turns the text into a strategy; picocli makes usage errors of its complaints. */
    static final class IdleConverter implements CommandLine.ITypeConverter<IdleStrategy> {
        @Override
        public IdleStrategy convert(String value) {
            try {
                return IdleStrategy.parse(value);
            } catch (IllegalArgumentException e) {
                throw new CommandLine.TypeConversionException(e.getMessage());
            }
        }
    }
}
